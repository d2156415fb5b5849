namespace Sequor.Configuration;

/// <summary>Finds the known word nearest to a misspelt one.</summary>
public static class Spelling
{
    private const int LongestWord = 100;

    /// <summary>The candidate with the fewest edits, if no more than a third of the letters would change.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LongestWord) return null;
        (string? Word, int Edits) best = (null, Math.Max(2, word.Length / 3) + 1);
        foreach (string candidate in candidates)
        {
            if (candidate.Length > LongestWord) continue;
            int edits = Edits(word, candidate);
            if (edits < best.Edits) best = (candidate, edits);
        }

        return best.Word;
    }

    /// <summary>Levenshtein distance, letter case ignored, in one row of the table.</summary>
    private static int Edits(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 0; i < left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < right.Length; j++)
            {
                int substitution = diagonal + (char.ToLowerInvariant(left[i]) == char.ToLowerInvariant(right[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(substitution, Math.Min(row[j], row[j + 1]) + 1);
            }
        }

        return row[^1];
    }
}
