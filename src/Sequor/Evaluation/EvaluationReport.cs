using Sequor.Kernels;
using Sequor.Retrieval;

namespace Sequor.Evaluation;

/// <summary>Metrics, and what they are metrics of.</summary>
public sealed record EvaluationReport
{
    /// <summary>Evaluation protocol: <c>reference</c> or <c>validation</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Which target was predicted: <c>test</c> (the last event) or <c>validation</c> (the one before).</summary>
    public required string Split { get; init; }

    /// <summary>Fingerprint of the data.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Epoch of the model, counted from 0.</summary>
    public required int Epoch { get; init; }

    /// <summary>Users that were evaluated.</summary>
    public required int UserCount { get; init; }

    /// <summary>Users without a history before their target.</summary>
    public required int SkippedUserCount { get; init; }

    /// <summary>Items among which the target was ranked.</summary>
    public required int ItemCount { get; init; }

    /// <summary>Method that found the ranks (<c>MIPSBruteForceTopK</c>, …); null where no index did.</summary>
    public string? TopKMethod { get; init; }

    /// <summary>Means over users by name.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }
}

/// <summary>How to evaluate.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Users a batch.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Threads.</summary>
    public WorkerPool Workers { get; init; } = WorkerPool.Shared;

    /// <summary>
    /// How to search; null stands for brute force by the model's similarity. Ranks of exact methods are exact; an approximate one is measured by what it
    /// would serve: the place of the target among its best 2,500, and a target that it misses ranks X + 1.
    /// </summary>
    public TopKMethod? TopKMethod { get; init; }

    /// <summary>What scans of vectors read, where <see cref="TopKMethod"/> is approximate.</summary>
    public IndexPrecision Precision { get; init; } = IndexPrecision.Float32;

    /// <summary>Name of the protocol, for the report.</summary>
    public string Protocol { get; init; } = "reference";

    /// <summary>Name of the split, for the report.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Epoch of the model, for the report.</summary>
    public int Epoch { get; init; }

    /// <summary>Stops after so many batches; null evaluates everyone.</summary>
    public int? MaxBatches { get; init; }
}
