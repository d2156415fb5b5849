using Sequor.Autograd;

namespace Sequor.Artifacts;

/// <summary>
/// Where the rows of new items begin in a trained table. Training pushes rows of rare items away from the states of users; a row that was only
/// drawn has not been pushed and would outrank them. So a new row is its draw plus the mean row of the rarest tenth of the known items.
/// </summary>
internal static class NewItemRows
{
    private const int KnownItemsPerRareOne = 10;

    /// <summary>Moves the rows of new items, whose source is −1 in <paramref name="sources"/> (X + 1), by the mean row of rare known ones.</summary>
    /// <param name="table">The item table (X + 1, D), known rows trained and new rows drawn.</param>
    /// <param name="sources">Where each row came from; row 0 is padding.</param>
    /// <param name="popularity">Training events of each item (X + 1), which tell the rare ones.</param>
    internal static void Place(Matrix table, ReadOnlySpan<int> sources, ReadOnlySpan<long> popularity)
    {
        var known = new List<(long Events, int Row)>();
        for (int row = 1; row < sources.Length; row++)
            if (sources[row] >= 0) known.Add((popularity[row], row));
        if (known.Count == 0 || known.Count == sources.Length - 1) return;
        known.Sort();
        int rareCount = Math.Max(known.Count / KnownItemsPerRareOne, 1);
        var mean = new double[table.Columns];
        foreach ((_, int row) in known.Take(rareCount))
            for (int c = 0; c < mean.Length; c++) mean[c] += table[row][c] / rareCount;
        for (int row = 1; row < sources.Length; row++)
        {
            if (sources[row] >= 0) continue;
            Span<float> values = table[row];
            for (int c = 0; c < mean.Length; c++) values[c] += (float)mean[c];
        }
    }
}
