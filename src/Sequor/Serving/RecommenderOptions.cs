using Sequor.Kernels;
using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>How a <see cref="Recommender"/> searches and computes.</summary>
public sealed record RecommenderOptions
{
    /// <summary>Ways to search, the default first; when empty the model's own.</summary>
    public IReadOnlyList<TopKMethod> Methods { get; init; } = [];

    /// <summary>What the indices keep for their scans: a matter of speed and memory, the answers are the same. When null, as the artefact says.</summary>
    public IndexPrecision? Precision { get; init; }

    /// <summary>Threads that build the indices and search a large catalogue; by default as many as the machine has. A batch is encoded by the thread that runs it.</summary>
    public WorkerPool Workers { get; init; } = WorkerPool.Shared;

    /// <summary>Batches that are computed at a time; questions that come while all are under way wait for the next batch.</summary>
    public int ConcurrentBatches { get; init; } = Environment.ProcessorCount;

    /// <summary>Questions that are answered together at most.</summary>
    public int LargestBatch { get; init; } = 32;
}
