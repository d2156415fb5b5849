using Sequor.Autograd;

namespace Sequor.Retrieval;

/// <summary>
/// The catalogue, ready to be searched by one method. Safe for concurrent callers; results do not depend on the number of threads. Equal
/// scores are ordered by item index, and excluded items do not exist for their query.
/// </summary>
public interface ITopKIndex : IDisposable
{
    /// <summary>Catalogue size, X; items are 1 … X.</summary>
    int ItemCount { get; }

    /// <summary>How it searches.</summary>
    TopKMethod Method { get; }

    /// <summary>Bytes that it keeps besides the model; what callers work with not counted.</summary>
    long MemoryBytes { get; }

    /// <summary>The best items of each query that the method finds, best first, with the model's own scores.</summary>
    /// <param name="queries">Query rows (B, query width) of the model (<see cref="Modeling.RecommenderModel.Queries"/>).</param>
    /// <param name="excluded">One list a query.</param>
    /// <param name="k">Results a query.</param>
    /// <param name="items">Item indices (B, k); 0 where fewer than k items remain.</param>
    /// <param name="scores">Scores (B, k), float32; −∞ where fewer than k items remain.</param>
    void Search(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores);
}

/// <summary>An index that knows the exact rank of any item.</summary>
public interface IRankIndex : ITopKIndex
{
    /// <summary>
    /// The exact rank of each query's target: 1 + the items that are not excluded and score higher, or equal with a lower index. A
    /// target (B, in 1 … X) that is itself excluded, or whose score is not a number, can never be found and ranks X + 1.
    /// </summary>
    void Rank(Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, Span<int> ranks);
}
