namespace Sequor.Server.Contracts;

/// <summary>A process of a cluster.</summary>
public sealed record NodeResponse
{
    /// <summary>Address under which the others reach it, and the number of its start.</summary>
    public required string Node { get; init; }

    /// <summary>Where it takes requests.</summary>
    public required string Url { get; init; }

    /// <summary>Whether it is the one that answers this.</summary>
    public required bool IsThis { get; init; }

    /// <summary>Version of Sequor.</summary>
    public required string Sequor { get; init; }

    /// <summary>Version of its model.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>Catalogue size of its model.</summary>
    public required int ItemCount { get; init; }

    /// <summary>Fingerprint of the item ids that its model knows.</summary>
    public required string Catalogue { get; init; }

    /// <summary>When it last said so.</summary>
    public required DateTimeOffset SaidAt { get; init; }
}
