using System.Runtime.InteropServices;

namespace Sequor.Preparation;

/// <summary>The events of the user at hand, as they arrive.</summary>
internal sealed class SequenceBuffer
{
    private readonly List<int> items = [];
    private readonly List<float> ratings = [];
    private readonly List<long> timestamps = [];

    /// <summary>Item indices so far.</summary>
    public ReadOnlySpan<int> Items => CollectionsMarshal.AsSpan(items);

    /// <summary>Ratings so far.</summary>
    public ReadOnlySpan<float> Ratings => CollectionsMarshal.AsSpan(ratings);

    /// <summary>Timestamps so far.</summary>
    public ReadOnlySpan<long> Timestamps => CollectionsMarshal.AsSpan(timestamps);

    /// <summary>Appends one event.</summary>
    public void Add(int item, float rating, long timestamp)
    {
        items.Add(item);
        ratings.Add(rating);
        timestamps.Add(timestamp);
    }

    /// <summary>Makes room for the next user.</summary>
    public void Clear()
    {
        items.Clear();
        ratings.Clear();
        timestamps.Clear();
    }
}
