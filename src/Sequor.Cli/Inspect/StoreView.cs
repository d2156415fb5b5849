using Sequor.Data;

namespace Sequor.Cli.Inspect;

/// <summary>What <c>inspect</c> shows of a store, counted once.</summary>
internal sealed class StoreView(SequenceStore store, bool isVerified, IProgress<int> progress, CancellationToken cancellation)
{
    private const int ShownItems = 10;
    private const int ShownValues = 5;

    /// <summary>Percentiles of the lengths that are shown.</summary>
    public static int[] Percents { get; } = [5, 25, 50, 75, 95];

    /// <summary>The store.</summary>
    public SequenceStore Store { get; } = store;

    /// <summary>Whether all checksums were read and agree.</summary>
    public bool IsVerified { get; } = isVerified;

    /// <summary>Its numbers.</summary>
    public StoreStatistics Statistics { get; } = StoreStatistics.Of(store, progress, cancellation);

    /// <summary>Indices of the items with the most events.</summary>
    public IReadOnlyList<int> MostPopular => Statistics.Popularity.MostPopular(ShownItems);

    /// <summary>An attribute's commonest values with the number of items or users that have them, and how many have none.</summary>
    public static (IReadOnlyList<(string Value, int Rows)> Commonest, int Without) Summary(CategoricalAttribute attribute)
    {
        int[] rows = new int[attribute.ValueCount];
        int without = 0;
        for (int row = 0; row < attribute.RowCount; row++)
        {
            ReadOnlySpan<int> codes = attribute.CodesAt(row);
            if (codes.IsEmpty) without++;
            foreach (int code in codes) rows[code]++;
        }

        return ([.. Enumerable.Range(0, rows.Length).OrderByDescending(code => rows[code]).Take(ShownValues).Select(code => (attribute.Value(code), rows[code]))], without);
    }
}
