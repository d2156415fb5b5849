namespace Sequor.Data;

/// <summary>One user's events, oldest first, as views of the store's memory; valid while the store is open.</summary>
public readonly ref struct UserSequence
{
    /// <summary>Views the spans as one sequence; ratings and timestamps are as long as the items, or empty when absent.</summary>
    public UserSequence(ReadOnlySpan<int> items, ReadOnlySpan<float> ratings, ReadOnlySpan<long> timestamps)
    {
        Items = items;
        Ratings = ratings;
        Timestamps = timestamps;
    }

    /// <summary>Item indices, shape (Length), int32, 1..X.</summary>
    public ReadOnlySpan<int> Items { get; }

    /// <summary>Ratings, shape (Length), float32; empty when the store has none.</summary>
    public ReadOnlySpan<float> Ratings { get; }

    /// <summary>Times in seconds since 1970 (or the source's own unit), shape (Length), int64; empty when the store has none.</summary>
    public ReadOnlySpan<long> Timestamps { get; }

    /// <summary>Number of events.</summary>
    public int Length => Items.Length;

    /// <summary>The <paramref name="length"/> events from <paramref name="start"/> on, without copying.</summary>
    public UserSequence Slice(int start, int length) => new(
        Items.Slice(start, length),
        Ratings.IsEmpty ? [] : Ratings.Slice(start, length),
        Timestamps.IsEmpty ? [] : Timestamps.Slice(start, length));
}
