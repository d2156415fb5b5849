namespace Sequor.Server.Contracts;

/// <summary>Answer of <c>GET /v1/items?query=</c>.</summary>
public sealed record ItemsResponse
{
    /// <summary>Items whose title or id matches, the most popular first.</summary>
    public required IReadOnlyList<ItemResponse> Items { get; init; }
}

/// <summary>An item of the catalogue.</summary>
public sealed record ItemResponse
{
    /// <summary>Id of the item.</summary>
    public required string ItemId { get; init; }

    /// <summary>Title, if the data has titles.</summary>
    public string? Title { get; init; }

    /// <summary>Events of the item in the data that the model learned from.</summary>
    public required long Popularity { get; init; }

    /// <summary>Values of the item's attributes by name; null where the data has none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Attributes { get; init; }
}

/// <summary>Answer of <c>GET /v1/items/{id}/similar</c>.</summary>
public sealed record SimilarItemsResponse
{
    /// <summary>Version of the model that answered.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>Id of the item.</summary>
    public required string ItemId { get; init; }

    /// <summary>Its title, if the data has titles.</summary>
    public string? Title { get; init; }

    /// <summary>The items most like it, by cosine.</summary>
    public required IReadOnlyList<ScoredItemResponse> Items { get; init; }
}
