using System.Runtime.InteropServices;

namespace Sequor.Preparation.Sequencing;

/// <summary>Events as they arrive, with times or without.</summary>
internal sealed class SequenceBuffer
{
    private readonly List<int> items = [];
    private readonly List<float> ratings = [];
    private readonly List<long> timestamps = [];

    /// <summary>Item indices so far.</summary>
    public ReadOnlySpan<int> Items => CollectionsMarshal.AsSpan(items);

    /// <summary>Ratings so far.</summary>
    public ReadOnlySpan<float> Ratings => CollectionsMarshal.AsSpan(ratings);

    /// <summary>Timestamps so far; empty when events have none.</summary>
    public ReadOnlySpan<long> Timestamps => CollectionsMarshal.AsSpan(timestamps);

    /// <summary>Whether the events have timestamps.</summary>
    public bool HasTimestamps => timestamps.Count > 0;

    /// <summary>Appends one event.</summary>
    public void Add(int item, float rating, long timestamp)
    {
        Add(item, rating);
        timestamps.Add(timestamp);
    }

    /// <summary>Appends one event without a time.</summary>
    public void Add(int item, float rating)
    {
        items.Add(item);
        ratings.Add(rating);
    }

    /// <summary>Sorts the events from a place on by item; for events without times.</summary>
    public void SortByItem(int first) => CollectionsMarshal.AsSpan(items)[first..].Sort(CollectionsMarshal.AsSpan(ratings)[first..]);

    /// <summary>Makes room for the next user.</summary>
    public void Clear()
    {
        items.Clear();
        ratings.Clear();
        timestamps.Clear();
    }
}
