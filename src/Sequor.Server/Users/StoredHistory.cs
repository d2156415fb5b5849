namespace Sequor.Server.Users;

/// <summary>An event in the codes of the store.</summary>
internal readonly record struct StoredEvent(int Item, long? Time, float? Rating, string? EventId);

/// <summary>The events of a user, oldest first, the user's code (never given again, even if the user is forgotten and comes back), and the next number of arrival.</summary>
internal sealed record StoredHistory(StoredEvent[] Events, long User, long NextArrival)
{
    /// <summary>The history in the terms of the outside.</summary>
    internal UserHistory Shown(string userId, IHistories histories) =>
        new(userId, Array.ConvertAll(Events, one => new KeptEvent(histories.ItemId(one.Item), one.Time, one.Rating, one.EventId)));

    /// <summary>
    /// Puts events that stand in the order of arrival in the order of the history: by time, equal times by arrival. An event without a time
    /// stands behind all that arrived before it and before all that arrive after it.
    /// </summary>
    internal static StoredEvent[] ByTime(List<StoredEvent> arrived)
    {
        bool ordered = true;
        for (int i = 1; i < arrived.Count && ordered; i++) ordered = !(arrived[i].Time < arrived[i - 1].Time);
        if (ordered) return [.. arrived];
        int timeless = 0;
        // Sorting by keys keeps equal ones in the order of arrival.
        return [.. arrived
            .Select(one => (Event: one, Part: one.Time is null ? ++timeless * 2 - 1 : timeless * 2))
            .OrderBy(one => one.Part).ThenBy(one => one.Event.Time ?? 0)
            .Select(one => one.Event)];
    }
}

/// <summary>What became of an append: the outcome, the events that are new in the order of arrival, the user's code, and the number of arrival of the first event.</summary>
internal sealed record StoredAppend(AppendOutcome Outcome, List<StoredEvent> Added, long User, long FirstArrival);
