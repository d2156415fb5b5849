using System.Text.Json.Serialization;

namespace Sequor.Server.Contracts;

/// <summary>Body of <c>POST /v1/recommend</c>: a user, or a history, and what is wanted.</summary>
public sealed record RecommendRequest
{
    /// <summary>Id of a user whose events the service keeps; exactly one of this and <see cref="History"/> is given.</summary>
    public string? UserId { get; init; }

    /// <summary>Events, oldest first, of anyone; the service does not keep them.</summary>
    public IReadOnlyList<HistoryEvent>? History { get; init; }

    /// <summary>Results wanted; 10 when absent.</summary>
    public int K { get; set; } = 10; // generated readers give an init-only property 0 where it is absent

    /// <summary>Time of the question in seconds since 1970, an input of time-aware models; now when absent, if the events have times.</summary>
    public long? At { get; init; }

    /// <summary>Lets items of the history be recommended again.</summary>
    public bool IncludeSeen { get; init; }

    /// <summary>Item ids that are not wanted.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>Item ids to choose from; all when absent.</summary>
    public IReadOnlyList<string>? Allow { get; init; }

    /// <summary>Conditions on attributes of items; an item must meet all of them.</summary>
    public IReadOnlyList<AttributeCondition>? Where { get; init; }

    /// <summary>How many items may share a value of an attribute.</summary>
    public DiversityRequest? Diversity { get; init; }

    /// <summary>How to search, one of those that <c>GET /v1/model</c> lists; its first when absent.</summary>
    public string? TopKMethod { get; init; }

    /// <summary>Says in the answer which events of the history carried the attention.</summary>
    public bool Explain { get; init; }
}

/// <summary>An event of a history: in JSON an object, or the item id alone.</summary>
[JsonConverter(typeof(HistoryEventConverter))]
public sealed record HistoryEvent
{
    /// <summary>Id of the item.</summary>
    public required string ItemId { get; init; }

    /// <summary>Seconds since 1970; all events of a history have times, or none.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Rating; all events of a history have ratings, or none.</summary>
    public float? Rating { get; init; }
}

/// <summary>A condition on an attribute of an item, such as its genres.</summary>
public sealed record AttributeCondition
{
    /// <summary>Name of the attribute.</summary>
    public required string Attribute { get; init; }

    /// <summary>The item has at least one of these values; any item when absent.</summary>
    public IReadOnlyList<string>? AnyOf { get; init; }

    /// <summary>The item has none of these values.</summary>
    public IReadOnlyList<string>? NoneOf { get; init; }
}

/// <summary>At most <see cref="Most"/> items of an answer share a value of <see cref="Attribute"/>.</summary>
public sealed record DiversityRequest
{
    /// <summary>Name of the attribute.</summary>
    public required string Attribute { get; init; }

    /// <summary>Items that may share a value, at least 1.</summary>
    public required int Most { get; init; }
}
