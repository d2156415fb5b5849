using Sequor.Modeling;

namespace Sequor.Serving;

/// <summary>
/// A user whose events come one after the other: keeps keys and values of those that were computed, so that an answer costs the new ones
/// only. Made by <see cref="Recommender.OpenSession"/>. Thread-safe: questions that come while another one is being answered are computed without the cache.
/// </summary>
public sealed class UserSession : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Recommender _owner;
    private readonly KeyValueCache? _cache;
    private volatile UserEvents _events;
    private int[] _items;
    private long[] _timestamps;
    private float[] _ratings;
    private int _firstCached;
    private bool _busy;
    private volatile bool _disposed;

    internal UserSession(Recommender owner, UserEvents events, KeyValueCache? cache)
    {
        _owner = owner;
        _cache = cache;
        (_items, _timestamps, _ratings) = (events.Items.ToArray(), events.Timestamps.ToArray(), events.Ratings.ToArray());
        _events = new UserEvents(_items, _timestamps, _ratings);
    }

    /// <summary>All events, oldest first. What was returned stays as it is when events are appended.</summary>
    public UserEvents Events => _events;

    /// <summary>Memory of keys and values, in bytes.</summary>
    public long MemoryBytes => _disposed ? 0 : _cache?.MemoryBytes ?? 0;

    /// <summary>Whether the session belongs to this recommender.</summary>
    internal bool BelongsTo(Recommender recommender) => _owner == recommender;

    /// <summary>Appends events that are newer than all before them.</summary>
    /// <exception cref="ArgumentException">An item is unknown, or times or ratings are missing where the events before have them, or the other way round.</exception>
    public void Append(UserEvents newer)
    {
        ArgumentNullException.ThrowIfNull(newer);
        if (newer.Count == 0) return;
        _owner.CheckItems(newer, nameof(newer));
        lock (_gate)
        {
            int count = _events.Count;
            if (count > 0 && newer.Timestamps.IsEmpty != _events.Timestamps.IsEmpty)
                throw new ArgumentException("the new events must have times exactly if the events before have them", nameof(newer));
            if (count > 0 && newer.Ratings.IsEmpty != _events.Ratings.IsEmpty)
                throw new ArgumentException("the new events must have ratings exactly if the events before have them", nameof(newer));
            // Behind the events that anyone may be reading, never among them.
            var items = Grow(ref _items, count, newer.Items);
            var timestamps = Grow(ref _timestamps, count, newer.Timestamps);
            var ratings = Grow(ref _ratings, count, newer.Ratings);
            _events = new UserEvents(items, timestamps, ratings);
        }
    }

    /// <summary>Gives the memory back. A question under way, or one that comes later, is still answered, without the cache.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            if (!_busy) _cache?.Dispose();
        }
    }

    /// <summary>The events to answer from, the first one of the window, and the cache if nobody else uses it; <see cref="Leave"/> gives it back.</summary>
    internal (UserEvents Events, int First, KeyValueCache? Cache) Enter(int maxSequenceLength)
    {
        lock (_gate)
        {
            UserEvents events = _events;
            int first = SessionWindow.First(events.Count, maxSequenceLength);
            if (_busy || _disposed || _cache is null) return (events, first, null);
            _busy = true;
            if (_firstCached != first) _cache.Clear();
            _firstCached = first;
            return (events, first, _cache);
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began; the cache counts for nothing when the computation failed.</summary>
    internal void Leave(bool failed)
    {
        lock (_gate)
        {
            _busy = false;
            if (_disposed) _cache!.Dispose();
            else if (failed) _cache!.Clear();
        }
    }

    private static ReadOnlyMemory<T> Grow<T>(ref T[] array, int count, ReadOnlyMemory<T> newer)
    {
        if (newer.IsEmpty) return default;
        if (array.Length < count + newer.Length) Array.Resize(ref array, Math.Max(count + newer.Length, 2 * array.Length));
        newer.CopyTo(array.AsMemory(count));
        return array.AsMemory(0, count + newer.Length);
    }
}
