using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>What a preparation made.</summary>
public sealed record PreparationSummary
{
    /// <summary>Name of the data set.</summary>
    public required string Name { get; init; }

    /// <summary>Path of the store.</summary>
    public required string Output { get; init; }

    /// <summary>Rows of the source; for sources that are already sequences, its events.</summary>
    public required long RowCount { get; init; }

    /// <summary>What was read and left out; null for sources without rows.</summary>
    public required PreparationReport? Report { get; init; }

    /// <summary>Users in the store.</summary>
    public required int UserCount { get; init; }

    /// <summary>Catalogue size X.</summary>
    public required int ItemCount { get; init; }

    /// <summary>Names of the attributes that the items carry.</summary>
    public required IReadOnlyList<string> ItemAttributes { get; init; }

    /// <summary>Events in the store.</summary>
    public required long InteractionCount { get; init; }

    /// <summary>Whether events carry ratings.</summary>
    public required bool HasRatings { get; init; }

    /// <summary>Whether events carry timestamps.</summary>
    public required bool HasTimestamps { get; init; }

    /// <summary>Oldest timestamp, in the unit of the source; null without timestamps.</summary>
    public required long? FirstTimestamp { get; init; }

    /// <summary>Newest timestamp, in the unit of the source; null without timestamps.</summary>
    public required long? LastTimestamp { get; init; }

    /// <summary>Size of the store in bytes.</summary>
    public required long StoreBytes { get; init; }

    /// <summary>Fingerprint of the store.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Wall-clock time of the preparation.</summary>
    public required TimeSpan Elapsed { get; init; }
}
