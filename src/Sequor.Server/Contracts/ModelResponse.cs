namespace Sequor.Server.Contracts;

/// <summary>Answer of <c>GET /v1/model</c> and of <c>POST /v1/model/reload</c>.</summary>
public sealed record ModelResponse
{
    /// <summary>Version: the start of a hash over the files of the artefact, the same for the same bytes.</summary>
    public required string Version { get; init; }

    /// <summary>What a reload did: <c>swapped</c>, or <c>unchanged</c> where the artefact is the one that answers; null elsewhere.</summary>
    public string? Outcome { get; init; }

    /// <summary>When this process took it up.</summary>
    public required DateTimeOffset LoadedAt { get; init; }

    /// <summary>Data set it learned from, and its fingerprint.</summary>
    public required string DataName { get; init; }

    /// <summary>Fingerprint of the data.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Evaluation protocol of the metrics.</summary>
    public required string Protocol { get; init; }

    /// <summary>Epoch of the parameters.</summary>
    public required int Epoch { get; init; }

    /// <summary>Metrics at that epoch by name.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Encoder, such as HSTU.</summary>
    public required string Encoder { get; init; }

    /// <summary>Similarity, such as DotProduct.</summary>
    public required string Similarity { get; init; }

    /// <summary>Catalogue size.</summary>
    public required int ItemCount { get; init; }

    /// <summary>Events of a history that the model looks at.</summary>
    public required int MaxSequenceLength { get; init; }

    /// <summary>Whether times are an input.</summary>
    public required bool ReadsTimes { get; init; }

    /// <summary>Whether ratings are an input; then every event needs one.</summary>
    public required bool ReadsRatings { get; init; }

    /// <summary>Ways to search that a request may name, the default first.</summary>
    public required IReadOnlyList<string> TopKMethods { get; init; }

    /// <summary>Attributes of items that conditions may name, with their values.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Attributes { get; init; }

    /// <summary>Share of the catalogue recommended since the model was taken up, 0 … 1.</summary>
    public required double CatalogueCoverage { get; init; }

    /// <summary>The processes of the cluster with the models that they answer with; null where there is no cluster.</summary>
    public IReadOnlyList<NodeResponse>? Nodes { get; init; }
}
