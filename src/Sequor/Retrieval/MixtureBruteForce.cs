using System.Collections.Concurrent;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>
/// Exact search by the Mixture of Logits over the whole catalogue (<c>MoLBruteForceTopK</c>): top-k by φ of every item, and the rank of a
/// target. Equal scores are ordered by item index. Excluded items do not exist for their query.
/// </summary>
/// <remarks>
/// A pair takes 2·P·(D_P + 2·hidden) FLOPs, so that a search is bound by arithmetic even for one query. A rank is far cheaper: φ ≤ max_p s_p, and
/// only items with a component logit from the target's φ on see the gate. Memory: X · (P_X·D_P + P) floats, rounded up to whole
/// registers. Safe for concurrent callers; nothing is allocated once as many callers have met. Results do not depend on the number of threads.
/// </remarks>
public sealed class MixtureBruteForce : IRankIndex, IRankPart
{
    private readonly MixtureBlocks _blocks;
    private readonly SetSearch _sets;
    private readonly SetSearch.Scan _scan;
    private readonly WorkerPool _workers;
    private readonly ConcurrentBag<MixtureTopKScan> _topK = [];
    private readonly ConcurrentBag<MixtureRankScan> _rank = [];

    /// <summary>Computes the rows of all items.</summary>
    /// <param name="model">A model with a mixture; it must outlive the index and keep its weights.</param>
    /// <param name="workers">Threads.</param>
    public MixtureBruteForce(RecommenderModel model, WorkerPool workers)
        : this(TopKIndex.MixtureOf(model, TopKKind.MixtureBruteForce), workers)
    {
    }

    internal MixtureBruteForce(MixtureItems items, WorkerPool workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        _workers = workers;
        _blocks = new MixtureBlocks(items, workers);
        // A member's gate is the same work as in a scan, and bringing its lane out of a block about as much again.
        _sets = new SetSearch(new MixtureLaneScorer(_blocks), ItemCount, ItemCount / 2, workers);
        _scan = Scan;
    }

    /// <inheritdoc/>
    public TopKMethod Method => new(TopKKind.MixtureBruteForce);

    /// <inheritdoc/>
    public int ItemCount => _blocks.ItemCount;

    /// <inheritdoc/>
    public long MemoryBytes => _blocks.MemoryBytes;

    /// <inheritdoc/>
    public void Search(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        SearchArguments.Begin(queries, _blocks.QueryWidth, ItemCount, excluded, k, items, scores);
        _sets.Run(queries, excluded, k, items, scores, _scan);
    }

    /// <inheritdoc/>
    public void Rank(Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, Span<int> ranks)
    {
        SearchArguments.CheckRank(queries, _blocks.QueryWidth, ItemCount, excluded, targets, ranks);
        if (!_rank.TryTake(out MixtureRankScan? scan)) scan = new MixtureRankScan(_blocks, _workers);
        scan.Run(queries, excluded.Lists, targets, ranks);
        _rank.Add(scan);
    }

    void IRankPart.ScoreTargets(Matrix queries, ReadOnlySpan<int> targets, Span<float> scores)
    {
        if (!_rank.TryTake(out MixtureRankScan? scan)) scan = new MixtureRankScan(_blocks, _workers);
        scan.ScoreTargets(queries, targets, scores);
        _rank.Add(scan);
    }

    void IRankPart.CountAbove(Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, ReadOnlySpan<float> scores, Span<int> counts)
    {
        if (!_rank.TryTake(out MixtureRankScan? scan)) scan = new MixtureRankScan(_blocks, _workers);
        scan.CountAbove(queries, excluded.Lists, targets, scores, counts);
        _rank.Add(scan);
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        while (_rank.TryTake(out MixtureRankScan? scan)) scan.Dispose();
        _sets.Dispose();
        _blocks.Dispose();
    }

    private unsafe void Scan(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        if (!_topK.TryTake(out MixtureTopKScan? scan)) scan = new MixtureTopKScan(_blocks, _workers);
        fixed (int* foundItems = items)
        fixed (float* foundScores = scores)
            scan.Run(queries, excluded.Lists, Math.Min(k, ItemCount), k, foundItems, foundScores);
        _topK.Add(scan);
    }
}
