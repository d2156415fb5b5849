namespace Sequor.Cli.Inspect;

/// <summary>What somebody may have meant who mistyped an id.</summary>
internal static class SimilarIds
{
    /// <summary>The first id at the least number of insertions, deletions and changes of a letter; null when that is over a third of the letters.</summary>
    public static string? Nearest(string typed, int count, Func<int, string> id)
    {
        string? nearest = null;
        int best = Math.Max(1, typed.Length / 3) + 1;
        for (int row = 0; row < count && best > 1; row++)
        {
            string candidate = id(row);
            if (string.Equals(candidate, typed.Trim(), StringComparison.OrdinalIgnoreCase)) return candidate;
            if (Math.Abs(candidate.Length - typed.Length) >= best) continue;
            int distance = Distance(typed, candidate);
            if (distance < best) (best, nearest) = (distance, candidate);
        }

        return nearest;
    }

    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int change = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
