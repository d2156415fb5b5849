namespace Sequor.Server.Contracts;

/// <summary>Answer of <c>GET /v1/users/{id}/history</c>.</summary>
public sealed record HistoryResponse
{
    /// <summary>Id of the user.</summary>
    public required string UserId { get; init; }

    /// <summary>All events of the user.</summary>
    public required int Count { get; init; }

    /// <summary>The newest of them, oldest first.</summary>
    public required IReadOnlyList<KeptEventResponse> Events { get; init; }
}

/// <summary>An event of a user.</summary>
public sealed record KeptEventResponse
{
    /// <summary>Id of the item.</summary>
    public required string ItemId { get; init; }

    /// <summary>Title, if the model knows the item and its title.</summary>
    public string? Title { get; init; }

    /// <summary>Seconds since 1970; null where the data that it came from has no times.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Rating, if there is one.</summary>
    public float? Rating { get; init; }

    /// <summary>The id that it was sent with.</summary>
    public string? EventId { get; init; }

    /// <summary>Whether the model knows the item.</summary>
    public required bool Known { get; init; }
}

/// <summary>Answer of <c>GET /v1/users</c>: some users to try.</summary>
public sealed record UsersResponse
{
    /// <summary>Users with events.</summary>
    public required long Count { get; init; }

    /// <summary>Ids of some of them.</summary>
    public required IReadOnlyList<string> UserIds { get; init; }
}
