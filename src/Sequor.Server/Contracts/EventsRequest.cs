namespace Sequor.Server.Contracts;

/// <summary>Body of <c>POST /v1/events</c>: what one user did.</summary>
public sealed record EventsRequest
{
    /// <summary>Id of the user; a new one begins a history.</summary>
    public required string UserId { get; init; }

    /// <summary>Events in any order; the history is kept by time, events of one time in the order of their arrival.</summary>
    public required IReadOnlyList<EventRequest> Events { get; init; }
}

/// <summary>An event to keep.</summary>
public sealed record EventRequest
{
    /// <summary>Id of the item, which the model need not know yet.</summary>
    public required string ItemId { get; init; }

    /// <summary>Names the event, so that sending it again changes nothing; without one every sending is an event of its own.</summary>
    public string? EventId { get; init; }

    /// <summary>Seconds since 1970; the time of arrival when absent.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Rating, if there is one.</summary>
    public float? Rating { get; init; }
}

/// <summary>Answer of <c>POST /v1/events</c>; the events are on disk.</summary>
public sealed record EventsResponse
{
    /// <summary>Id of the user.</summary>
    public required string UserId { get; init; }

    /// <summary>Events that are new.</summary>
    public required int Appended { get; init; }

    /// <summary>Events that were there already, by their id.</summary>
    public required int Repeated { get; init; }

    /// <summary>Events of the user now.</summary>
    public required int HistoryCount { get; init; }

    /// <summary>Item ids that the model does not know (yet); their events are kept, and count once a model knows them.</summary>
    public IReadOnlyList<string> UnknownItems { get; init; } = [];
}
