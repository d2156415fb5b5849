using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>What is asked of a <see cref="Recommender"/> beside whose history it is.</summary>
public sealed record RecommendationQuery
{
    /// <summary>Results wanted, k.</summary>
    public int Count { get; init; } = 10;

    /// <summary>Time of the question in seconds, an input of time-aware models; the time of the newest event when null.</summary>
    public long? At { get; init; }

    /// <summary>Lets items of the history be recommended again.</summary>
    public bool IncludeSeen { get; init; }

    /// <summary>Further item indices that are not wanted.</summary>
    public ReadOnlyMemory<int> Excluded { get; init; }

    /// <summary>The items to choose from; all when null.</summary>
    public ItemSet? Among { get; init; }

    /// <summary>How many items may share a value of an attribute; any number when null.</summary>
    public DiversityCap? Diversity { get; init; }

    /// <summary>How to search, one of <see cref="Recommender.Methods"/>; the first of them when null.</summary>
    public TopKMethod? Method { get; init; }

    /// <summary>Who asks, for models with components of their users; when null a stranger, of whom only the history is known.</summary>
    public string? UserId { get; init; }
}
