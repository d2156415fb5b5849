namespace Sequor.Preparation.Sequencing;

/// <summary>A set of row numbers, a bit each; at first all rows.</summary>
internal sealed class RowSet
{
    private readonly ulong[] words;

    /// <summary>All rows from 0 to <paramref name="count"/> − 1.</summary>
    public RowSet(long count)
    {
        words = new ulong[(count + 63) / 64];
        Array.Fill(words, ulong.MaxValue);
    }

    /// <summary>Whether the row is in the set.</summary>
    public bool Contains(long row) => (words[row >> 6] >> (int)(row & 63) & 1) != 0;

    /// <summary>Takes the row out.</summary>
    public void Remove(long row) => words[row >> 6] &= ~(1UL << (int)(row & 63));
}
