using System.Collections.Concurrent;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>
/// Exact maximum inner product search over the whole catalogue (<c>MIPSBruteForceTopK</c>): top-k, and the rank of a target. Equal
/// scores are ordered by item index. Excluded items do not exist for their query.
/// </summary>
/// <remarks>
/// Items are kept in blocks of 64, transposed, so that a block's scores against all queries are one small matrix product in cache. A
/// search reads the index once a batch of queries and takes 2·B·X·D FLOPs; one query is bound by memory, a batch by arithmetic.
/// <para>
/// In bfloat16 and int8 the scan only rules items out: an error bound (Cauchy–Schwarz on what rounding changed, measured when the index is
/// built) says which items may be among the best k, and those are scored in float32 from the model's table. Items and scores
/// are those of a float32 index, bit by bit, for finite queries; the narrower the numbers and the closer together the scores, the more
/// candidates.
/// </para>
/// Memory: X·D floats; half or a quarter of that in bfloat16 and int8, which need the model's table beside them. Safe for concurrent
/// callers; nothing is allocated once as many callers have met. Results do not depend on the number of threads.
/// </remarks>
public sealed class MipsBruteForce : IRankIndex, IRankPart
{
    private readonly ItemBlocks _blocks;
    private readonly SetSearch _sets;
    private readonly SetSearch.Scan _scan;
    private readonly WorkerPool _workers;
    private readonly ConcurrentBag<SampledScan> _topK = [];
    private readonly ConcurrentBag<RankScan> _rank = [];

    /// <summary>Indexes the model's items, normalised as the model scores them.</summary>
    /// <param name="model">The model; its table is read by searches in small sets and, but for <see cref="IndexPrecision.Float32"/>, by all: it must outlive the index and keep its weights.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="precision">What the scan reads.</param>
    public MipsBruteForce(RecommenderModel model, WorkerPool workers, IndexPrecision precision = IndexPrecision.Float32)
        : this(new TableVectors(model ?? throw new ArgumentNullException(nameof(model))), workers, precision)
    {
    }

    internal MipsBruteForce(ItemVectors vectors, WorkerPool workers, IndexPrecision precision)
    {
        ArgumentNullException.ThrowIfNull(workers);
        _workers = workers;
        _blocks = new ItemBlocks(vectors, precision, workers);
        _sets = new SetSearch(new DotScorer(vectors), ItemCount, 0, workers);
        _scan = Scan;
    }

    /// <inheritdoc/>
    public TopKMethod Method => new(TopKKind.MipsBruteForce);

    /// <inheritdoc/>
    public int ItemCount => _blocks.ItemCount;

    /// <inheritdoc/>
    public long MemoryBytes => _blocks.MemoryBytes;

    /// <summary>What the scan reads.</summary>
    public IndexPrecision Precision => _blocks.Precision;

    /// <summary>Whether these are the items of the model, as it scores them.</summary>
    internal bool Searches(RecommenderModel model) => _blocks.Vectors is TableVectors vectors && vectors.Model == model && vectors.Normalize == model.Config.ItemL2Norm;

    /// <inheritdoc/>
    public void Search(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        SearchArguments.Begin(queries, _blocks.Dim, ItemCount, excluded, k, items, scores);
        _sets.Run(queries, excluded, k, items, scores, _scan);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The index is not <see cref="IndexPrecision.Float32"/>: a count of all items above a score has no candidates to check.</exception>
    public void Rank(Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, Span<int> ranks)
    {
        if (Precision != IndexPrecision.Float32) throw new NotSupportedException($"exact ranks need an index of precision {IndexPrecision.Float32}; this one is {Precision}");
        SearchArguments.CheckRank(queries, _blocks.Dim, ItemCount, excluded, targets, ranks);
        if (!_rank.TryTake(out RankScan? scan)) scan = new RankScan(_blocks, _workers);
        scan.Run(queries, excluded.Lists, targets, ranks);
        _rank.Add(scan);
    }

    void IRankPart.ScoreTargets(Matrix queries, ReadOnlySpan<int> targets, Span<float> scores)
    {
        if (!_rank.TryTake(out RankScan? scan)) scan = new RankScan(_blocks, _workers);
        scan.ScoreTargets(queries, targets, scores);
        _rank.Add(scan);
    }

    void IRankPart.CountAbove(Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, ReadOnlySpan<float> scores, Span<int> counts)
    {
        if (!_rank.TryTake(out RankScan? scan)) scan = new RankScan(_blocks, _workers);
        scan.CountAbove(queries, excluded.Lists, targets, scores, counts);
        _rank.Add(scan);
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _sets.Dispose();
        _blocks.Dispose();
    }

    private unsafe void Scan(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        if (!_topK.TryTake(out SampledScan? scan)) scan = SampledScan.Over(_blocks, _workers);
        fixed (int* foundItems = items)
        fixed (float* foundScores = scores)
            scan.Run(queries, excluded.Lists, Math.Min(k, ItemCount), k, foundItems, foundScores);
        _topK.Add(scan);
    }
}
