namespace Sequor.Artifacts;

/// <summary>The model that a training went on from, and how its catalogue and the new one compare by item id.</summary>
public sealed record InitialModel
{
    /// <summary>Last part of the path that named it.</summary>
    public required string Name { get; init; }

    /// <summary>Fingerprint of the data that it learned from.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Evaluation protocol that said what it was not to see: <c>reference</c>, <c>validation</c> or <c>temporal</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Its epoch.</summary>
    public required int Epoch { get; init; }

    /// <summary>Items that both catalogues list.</summary>
    public required int MatchedItems { get; init; }

    /// <summary>Items that only the new catalogue lists.</summary>
    public required int NewItems { get; init; }

    /// <summary>Items that only the old catalogue lists.</summary>
    public required int GoneItems { get; init; }
}
