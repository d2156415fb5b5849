using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>Similar items.</summary>
public sealed class SimilarItems(RecommenderModel model, WorkerPool workers) : IDisposable
{
    /// <summary>Search.</summary>
    public void Search(int item, ItemSet? among, int k, Span<int> items, Span<float> scores) => throw new NotImplementedException($"{model} {workers}");

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
