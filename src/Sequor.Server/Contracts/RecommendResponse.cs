namespace Sequor.Server.Contracts;

/// <summary>Answer of <c>POST /v1/recommend</c>.</summary>
public sealed record RecommendResponse
{
    /// <summary>Version of the model that answered, all of it.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>Recommended items, best first; fewer than asked for only when no more are left to choose from.</summary>
    public required IReadOnlyList<ScoredItemResponse> Items { get; init; }

    /// <summary>How it was searched.</summary>
    public required string TopKMethod { get; init; }

    /// <summary>Time of the question that the model saw; null where the history has no times.</summary>
    public long? At { get; init; }

    /// <summary>Events of the history that the model knows.</summary>
    public required int HistoryCount { get; init; }

    /// <summary>How many of these it looked at: the newest ones.</summary>
    public required int WindowCount { get; init; }

    /// <summary>Item ids of the history that the model does not know; their events were left out.</summary>
    public IReadOnlyList<string> UnknownItems { get; init; } = [];

    /// <summary>What the newest state looked at, oldest first; null unless asked for.</summary>
    public IReadOnlyList<AttentionResponse>? Why { get; init; }

    /// <summary>What the caller may not expect, in sentences; null when there is nothing to say.</summary>
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>Where the time went.</summary>
    public required TimingResponse Timing { get; init; }
}

/// <summary>An item of an answer.</summary>
public sealed record ScoredItemResponse
{
    /// <summary>Place, from 1.</summary>
    public required int Rank { get; init; }

    /// <summary>Id of the item.</summary>
    public required string ItemId { get; init; }

    /// <summary>Title, if the data has titles.</summary>
    public string? Title { get; init; }

    /// <summary>Comparable within one answer; a cosine for similar items.</summary>
    public required float Score { get; init; }

    /// <summary>Values of the item's attributes by name; null where the data has none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Attributes { get; init; }
}

/// <summary>What an event of the history meant for the newest state.</summary>
public sealed record AttentionResponse
{
    /// <summary>Id of the item.</summary>
    public required string ItemId { get; init; }

    /// <summary>Title, if the data has titles.</summary>
    public string? Title { get; init; }

    /// <summary>Seconds since 1970; null without times.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Share of all attention, by weight and size of what was read; shares add up to 1.</summary>
    public required float Share { get; init; }

    /// <summary>Mean over layers and heads of the score that the items themselves give.</summary>
    public required float Content { get; init; }

    /// <summary>Mean score that the distance in events gives.</summary>
    public required float Position { get; init; }

    /// <summary>Mean score that the distance in time gives.</summary>
    public required float Time { get; init; }
}

/// <summary>Milliseconds of an answer.</summary>
public sealed record TimingResponse
{
    /// <summary>Waiting for a batch.</summary>
    public required double QueuedMilliseconds { get; init; }

    /// <summary>History to query.</summary>
    public required double EncodeMilliseconds { get; init; }

    /// <summary>Query to items.</summary>
    public required double SearchMilliseconds { get; init; }

    /// <summary>Questions that were answered together.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Events whose keys and values were kept from an earlier answer.</summary>
    public required int CachedEvents { get; init; }
}
