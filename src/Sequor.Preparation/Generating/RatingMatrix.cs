using Sequor.Data;

namespace Sequor.Preparation.Generating;

/// <summary>
/// The events of a store as a sparse matrix R (users × items) in rows, read where the store has them. As the reference does, users with
/// fewer than three distinct times are left out (when there are times), and then items without an event; what stays is numbered afresh.
/// An item that a user has twice counts twice. Without ratings every entry is 1.
/// </summary>
internal sealed class RatingMatrix
{
    private const int SmallestTimeCount = 3;

    private readonly SequenceStore store;
    private readonly int[] users;
    private readonly long[] offsets;
    private readonly int[] columns;

    /// <summary>Looks through the store once; the store must stay open.</summary>
    public RatingMatrix(SequenceStore store)
    {
        this.store = store;
        var kept = new List<int>();
        var ends = new List<long> { 0 };
        columns = new int[store.Items.Count + 1];
        for (int user = 0; user < store.UserCount; user++)
        {
            UserSequence sequence = store[user];
            if (sequence.Length == 0) continue;
            if (store.HasTimestamps && !HasTimes(sequence.Timestamps, SmallestTimeCount))
            {
                LeftOutUserCount++;
                LeftOutEventCount += sequence.Length;
                continue;
            }

            kept.Add(user);
            ends.Add(ends[^1] + sequence.Length);
            foreach (int item in sequence.Items) columns[item] = 1;
        }

        for (int item = 1; item < columns.Length; item++)
        {
            if (columns[item] != 0) columns[item] = ++ColumnCount;
        }

        users = [.. kept];
        offsets = [.. ends];
    }

    /// <summary>Number of rows m: users that stay.</summary>
    public int RowCount => users.Length;

    /// <summary>Number of columns n: items that stay.</summary>
    public int ColumnCount { get; }

    /// <summary>Number of entries: events that stay.</summary>
    public long EntryCount => offsets[^1];

    /// <summary>Users left out for want of distinct times.</summary>
    public int LeftOutUserCount { get; }

    /// <summary>Their events.</summary>
    public long LeftOutEventCount { get; }

    /// <summary>Number of the first entry of a row 0..m-1.</summary>
    public long FirstEntry(int row) => offsets[row];

    /// <summary>Store items of a row; <see cref="Column"/> numbers them.</summary>
    public ReadOnlySpan<int> Items(int row) => store[users[row]].Items;

    /// <summary>Ratings of a row; empty when the store has none.</summary>
    public ReadOnlySpan<float> Ratings(int row) => store[users[row]].Ratings;

    /// <summary>Column 0..n-1 of an item of the store.</summary>
    public int Column(int item) => columns[item] - 1;

    /// <summary>
    /// Shift and scale of the values that the decomposition sees, (r - mean) / max |r - mean|. The mean is that of the whole matrix,
    /// zeros included, and is taken from the entries alone, as in the reference.
    /// </summary>
    public (double Mean, double Scale) Normalisation()
    {
        double sum = 0, smallest = double.MaxValue, largest = double.MinValue;
        for (int row = 0; row < RowCount; row++)
        {
            ReadOnlySpan<float> ratings = Ratings(row);
            if (ratings.IsEmpty)
            {
                sum += Items(row).Length;
                smallest = largest = 1;
            }

            foreach (float rating in ratings)
            {
                sum += rating;
                smallest = Math.Min(smallest, rating);
                largest = Math.Max(largest, rating);
            }
        }

        double mean = sum / RowCount / ColumnCount;
        return (mean, Math.Max(Math.Abs(smallest - mean), Math.Abs(largest - mean)));
    }

    private static bool HasTimes(ReadOnlySpan<long> timestamps, int least)
    {
        int count = timestamps.IsEmpty ? 0 : 1;
        for (int i = 1; i < timestamps.Length && count < least; i++)
        {
            if (timestamps[i] != timestamps[i - 1]) count++;
        }

        return count >= least;
    }
}
