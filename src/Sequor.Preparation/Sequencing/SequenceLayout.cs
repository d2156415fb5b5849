using Sequor.Preparation.Reading;

namespace Sequor.Preparation.Sequencing;

/// <summary>One user's kept rows in the order of events; the spans are valid during the call.</summary>
internal readonly ref struct LaidOutEvents
{
    /// <summary>Item codes.</summary>
    public required ReadOnlySpan<int> Items { get; init; }

    /// <summary>Ratings; empty when there are none.</summary>
    public required ReadOnlySpan<float> Ratings { get; init; }

    /// <summary>Microseconds since 1970; empty when there are none.</summary>
    public required ReadOnlySpan<long> Times { get; init; }

    /// <summary>Row numbers, when they were asked for.</summary>
    public required ReadOnlySpan<long> Rows { get; init; }
}

/// <summary>Takes the events of one user.</summary>
internal delegate void LaidOutEventsHandler(int user, LaidOutEvents events);

/// <summary>
/// Puts rows together user by user, each user's by (order or time, row). How many rows a user has is known, so every row's place is known
/// as it is read: users are taken in groups whose rows fit the memory, one pass over the columns a group, without any sort across users.
/// </summary>
/// <param name="rows">The rows.</param>
/// <param name="kept">Which of them count.</param>
/// <param name="ranks">Rank of each user code, in which users are handed over; -1 for users without kept rows.</param>
/// <param name="counts">Kept rows of each rank.</param>
/// <param name="memoryBytes">Memory for one group; a single user may take more.</param>
internal sealed class SequenceLayout(Interactions rows, RowSet kept, int[] ranks, int[] counts, long memoryBytes)
{
    private int[] items = [];
    private float[] ratings = [];
    private long[] times = [], order = [], rowNumbers = [];

    /// <summary>Whether row numbers are wanted.</summary>
    public bool WithRows { get; init; }

    /// <summary>Hands over every user with kept rows, by rank.</summary>
    public void ForEach(LaidOutEventsHandler handle)
    {
        int bytes = sizeof(int) + (rows.Ratings is null ? 0 : sizeof(float)) + (rows.Times is null ? 0 : sizeof(long))
            + (rows.Order is null ? 0 : sizeof(long)) + (WithRows ? sizeof(long) : 0);
        int most = (int)Math.Clamp(memoryBytes / bytes, 1, Array.MaxLength / 2);
        for (int first = 0; first < counts.Length;)
        {
            int end = first, size = 0;
            while (end < counts.Length && (size == 0 || size + counts[end] <= most)) size += counts[end++];
            int[] starts = new int[end - first + 1];
            for (int user = first; user < end; user++) starts[user - first + 1] = starts[user - first] + counts[user];
            Gather(first, end, starts, size);
            for (int user = first; user < end; user++)
            {
                if (counts[user] > 0) HandOver(user, starts[user - first], counts[user], handle);
            }

            first = end;
        }
    }

    private void Gather(int first, int end, int[] starts, int size)
    {
        Resize(ref items, size);
        if (rows.Ratings is not null) Resize(ref ratings, size);
        if (rows.Times is not null) Resize(ref times, size);
        if (rows.Order is not null) Resize(ref order, size);
        if (WithRows) Resize(ref rowNumbers, size);

        int[] next = starts[..^1];
        rows.Users.Rewind();
        rows.Items.Rewind();
        rows.Ratings?.Rewind();
        rows.Times?.Rewind();
        rows.Order?.Rewind();
        for (long row = 0; ;)
        {
            ReadOnlySpan<int> userColumn = rows.Users.Read(), itemColumn = rows.Items.Read();
            ReadOnlySpan<float> ratingColumn = rows.Ratings is null ? [] : rows.Ratings.Read();
            ReadOnlySpan<long> timeColumn = rows.Times is null ? [] : rows.Times.Read(), orderColumn = rows.Order is null ? [] : rows.Order.Read();
            if (userColumn.IsEmpty) return;
            for (int i = 0; i < userColumn.Length; i++, row++)
            {
                int user = ranks[userColumn[i]];
                if (user < first || user >= end || !kept.Contains(row)) continue;
                int place = next[user - first]++;
                items[place] = itemColumn[i];
                if (!ratingColumn.IsEmpty) ratings[place] = ratingColumn[i];
                if (!timeColumn.IsEmpty) times[place] = timeColumn[i];
                if (!orderColumn.IsEmpty) order[place] = orderColumn[i];
                if (WithRows) rowNumbers[place] = row;
            }
        }
    }

    private void HandOver(int user, int start, int count, LaidOutEventsHandler handle)
    {
        long[] keys = rows.Order is not null ? order : times;
        if ((rows.Order is not null || rows.Times is not null) && !IsSorted(keys.AsSpan(start, count))) Sort(keys, start, count);
        handle(user, new LaidOutEvents
        {
            Items = items.AsSpan(start, count),
            Ratings = rows.Ratings is null ? [] : ratings.AsSpan(start, count),
            Times = rows.Times is null ? [] : times.AsSpan(start, count),
            Rows = WithRows ? rowNumbers.AsSpan(start, count) : [],
        });
    }

    private static bool IsSorted(ReadOnlySpan<long> keys)
    {
        for (int i = 1; i < keys.Length; i++)
        {
            if (keys[i] < keys[i - 1]) return false;
        }

        return true;
    }

    // By key, then as they stand: (key, place) pairs are all distinct, so that an unstable sort will do.
    private void Sort(long[] keys, int start, int count)
    {
        var pairs = new (long Key, int Place)[count];
        for (int i = 0; i < count; i++) pairs[i] = (keys[start + i], start + i);
        Array.Sort(pairs);
        Permute(items, pairs, start);
        if (rows.Ratings is not null) Permute(ratings, pairs, start);
        if (rows.Times is not null) Permute(times, pairs, start);
        if (rows.Order is not null) Permute(order, pairs, start);
        if (WithRows) Permute(rowNumbers, pairs, start);
    }

    private static void Permute<T>(T[] values, (long Key, int Place)[] pairs, int start)
    {
        var moved = new T[pairs.Length];
        for (int i = 0; i < moved.Length; i++) moved[i] = values[pairs[i].Place];
        moved.CopyTo(values, start);
    }

    private static void Resize<T>(ref T[] values, int size)
    {
        if (values.Length < size) values = GC.AllocateUninitializedArray<T>(size);
    }
}
