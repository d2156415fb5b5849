using Sequor.Server.Models;
using Sequor.Serving;

namespace Sequor.Server.Users;

/// <summary>A user as one model sees it, with the keys and values of the session.</summary>
internal sealed class CachedUser(string userId, ServedModel model, UserSession session, ModelView view, StoredHistory history)
{
    // Objects and list entries; the arrays of a history: item, time, rating of each event.
    private const int OwnBytes = 512, BytesAnEvent = 16;

    private long _nextArrival = history.NextArrival;
    private long? _lastTime = history.Events[^1].Time;

    internal string UserId { get; } = userId;

    internal ServedModel Model { get; } = model;

    /// <summary>The user's code in the store.</summary>
    internal long User { get; } = history.User;

    /// <summary>Number of arrival of the next event.</summary>
    internal long NextArrival => Volatile.Read(ref _nextArrival);

    internal UserSession Session { get; } = session;

    internal ModelView View { get; } = view;

    /// <summary>What the cache has counted for it.</summary>
    internal long CountedBytes { get; set; }

    /// <summary>What it takes now.</summary>
    internal long Bytes => OwnBytes + 2L * UserId.Length + (long)BytesAnEvent * Session.Events.Count + Session.MemoryBytes;

    /// <summary>Takes up events that have been appended; false if they do not go on where this user stands, and the history must be read anew.</summary>
    internal bool TryAppend(StoredAppend append)
    {
        if (append.User != User) return false;
        if (append.FirstArrival + append.Added.Count <= _nextArrival) return true;
        if (append.FirstArrival != _nextArrival) return false;
        StoredEvent[] newer = StoredHistory.ByTime(append.Added);
        if (newer[0].Time < _lastTime) return false;
        UserEvents seen = View.Of(newer);
        bool timed = !Session.Events.Timestamps.IsEmpty;
        // Without the time of one event the model sees no times, so that one more or less makes no difference; with all of them it does.
        if (seen.Count > 0 && timed && seen.Timestamps.IsEmpty) return false;
        Session.Append(timed ? seen : new UserEvents(seen.Items, default, seen.Ratings));
        _lastTime = newer[^1].Time;
        Volatile.Write(ref _nextArrival, append.FirstArrival + newer.Length);
        return true;
    }
}
