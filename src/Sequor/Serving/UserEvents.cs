using Sequor.Data;

namespace Sequor.Serving;

/// <summary>What a user did, oldest first, in item indices of one model. A view: whoever owns the memory leaves it as it is.</summary>
public sealed class UserEvents
{
    /// <summary>Views events.</summary>
    /// <param name="items">Item indices 1 … X, oldest first, (n), int32.</param>
    /// <param name="timestamps">Time of each event in seconds (n), or empty.</param>
    /// <param name="ratings">Rating of each event (n), or empty.</param>
    /// <exception cref="ArgumentException">Times or ratings are not as many as items.</exception>
    public UserEvents(ReadOnlyMemory<int> items, ReadOnlyMemory<long> timestamps = default, ReadOnlyMemory<float> ratings = default)
    {
        if (!timestamps.IsEmpty && timestamps.Length != items.Length)
            throw new ArgumentException($"{timestamps.Length} timestamps for {items.Length} items; give one an item, or none", nameof(timestamps));
        if (!ratings.IsEmpty && ratings.Length != items.Length)
            throw new ArgumentException($"{ratings.Length} ratings for {items.Length} items; give one an item, or none", nameof(ratings));
        Items = items;
        Timestamps = timestamps;
        Ratings = ratings;
    }

    /// <summary>Item indices (n).</summary>
    public ReadOnlyMemory<int> Items { get; }

    /// <summary>Seconds (n), or empty.</summary>
    public ReadOnlyMemory<long> Timestamps { get; }

    /// <summary>Ratings (n), or empty.</summary>
    public ReadOnlyMemory<float> Ratings { get; }

    /// <summary>Number of events, n.</summary>
    public int Count => Items.Length;

    /// <summary>Time of the newest event; null without times.</summary>
    internal long? LastTime => Timestamps.IsEmpty ? null : Timestamps.Span[^1];

    /// <summary>The events from one on.</summary>
    internal UserSequence From(int first) => new UserSequence(Items.Span, Ratings.Span, Timestamps.Span).Slice(first, Count - first);
}
