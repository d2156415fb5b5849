using System.Collections.Concurrent;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>
/// Approximate search in two stages: candidates by something cheap, the model's own score on their union, the best k of it. Which items are
/// candidates does not depend on k: where they are fewer than k, so are the answers.
/// </summary>
internal sealed unsafe class CandidateIndex : ITopKIndex
{
    // A batch is served so many queries at a time: enough to share what is read, few enough for their candidates to stay small.
    internal const int Queries = 32;
    private readonly ItemScorer _scorer;
    private readonly SetSearch _sets;
    private readonly SetSearch.Scan _scan;
    private readonly Func<CandidateSource[]> _open;
    private readonly IDisposable[] _memory;
    private readonly int _queryWidth;
    private readonly WorkerPool _workers;
    private readonly ConcurrentBag<Caller> _idle = [];

    private CandidateIndex(TopKMethod method, int itemCount, int queryWidth, int lists, ItemScorer scorer, Func<CandidateSource[]> open, IDisposable[] memory, WorkerPool workers)
    {
        (Method, ItemCount, _queryWidth, _scorer, _open, _memory, _workers) = (method, itemCount, queryWidth, scorer, open, memory, workers);
        _sets = new SetSearch(scorer, itemCount, (long)lists * method.ComponentCandidates + method.Candidates, workers);
        _scan = Scan;
    }

    public TopKMethod Method { get; }

    public int ItemCount { get; }

    public long MemoryBytes => _memory.Sum(memory => memory is CatalogueBlocks blocks ? blocks.MemoryBytes : ((MixtureRows)memory).MemoryBytes);

    /// <summary>A method over mixtures of logits. The scans of components read <paramref name="precision"/>.</summary>
    internal static CandidateIndex OverMixture(TopKMethod method, MixtureItems items, IndexPrecision precision, WorkerPool workers)
    {
        var rows = new MixtureRows(items, workers);
        MixtureLayout layout = rows.Layout;
        var means = new MeanVectors(rows);
        ItemBlocks[] components = method.ComponentCandidates > 0 ? Components(rows, precision, workers) : [];
        ItemBlocks[] averages = method.Candidates > 0 ? [new ItemBlocks(means, precision, workers)] : [];
        int[] sampled = method.Kind == TopKKind.HIndexer ? ThresholdCandidates.Sample(items.Count, method.Candidates) : [];
        ItemBlocks[] sample = method.Kind == TopKKind.HIndexer ? [SampleOf(means, sampled, workers)] : [];
        return new CandidateIndex(method, items.Count, layout.QueryWidth, layout.Logits, new MixtureRowScorer(rows), Open, [rows, .. components, .. averages, .. sample], workers);

        CandidateSource[] Open() => method.Kind == TopKKind.HIndexer
            ? [new ThresholdCandidates(averages[0], sample[0], sampled, method.Candidates, layout, workers)]
            : [.. components.Length > 0 ? (CandidateSource[])[new ComponentCandidates(components, layout, workers) { Count = method.ComponentCandidates }] : [],
                .. averages.Select(blocks => new MeanCandidates(blocks, method.Candidates, layout, workers))];
    }

    /// <summary>A threshold from a sample over dot products (<see cref="TopKKind.HIndexer"/>).</summary>
    internal static CandidateIndex OverDotProducts(TopKMethod method, RecommenderModel model, IndexPrecision precision, WorkerPool workers)
    {
        var vectors = new TableVectors(model);
        var blocks = new ItemBlocks(vectors, precision, workers);
        int[] sampled = ThresholdCandidates.Sample(vectors.ItemCount, method.Candidates);
        ItemBlocks sample = SampleOf(vectors, sampled, workers);
        return new CandidateIndex(
            method, model.ItemCount, vectors.Dim, 0, new DotScorer(vectors), () => [new ThresholdCandidates(blocks, sample, sampled, method.Candidates, null, workers)], [blocks, sample], workers);
    }

    /// <summary>The components of all items, one set of blocks an item component.</summary>
    internal static ItemBlocks[] Components(MixtureRows rows, IndexPrecision precision, WorkerPool workers) =>
        [.. Enumerable.Range(0, rows.Layout.ItemGroups).Select(group => new ItemBlocks(new ComponentVectors(rows, group), precision, workers))];

    public void Search(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        SearchArguments.Begin(queries, _queryWidth, ItemCount, excluded, k, items, scores);
        _sets.Run(queries, excluded, k, items, scores, _scan);
    }

    public void Dispose()
    {
        while (_idle.TryTake(out Caller? caller)) caller.Dispose();
        _sets.Dispose();
        foreach (IDisposable memory in _memory) memory.Dispose();
    }

    private void Scan(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        if (!_idle.TryTake(out Caller? caller)) caller = new Caller(_open(), new CandidateRanking(_scorer, ItemCount, _workers));
        fixed (int* foundItems = items)
        fixed (float* foundScores = scores)
            for (int first = 0; first < queries.Rows; first += Queries)
            {
                var some = new Matrix(queries.Row(first), null, Math.Min(Queries, queries.Rows - first), queries.Columns);
                caller.Ranking.Begin(some, Math.Min(k, ItemCount));
                foreach (CandidateSource source in caller.Sources) source.Add(some, new ExcludedLists(excluded, first, 1), caller.Ranking);
                caller.Ranking.Score();
                if (excluded.HasSets) Complete(excluded, first, some.Rows, k, caller.Ranking);
                for (int q = 0; q < some.Rows; q++) caller.Ranking.Take(q, foundItems + (long)(first + q) * k, foundScores + (long)(first + q) * k);
            }
        _idle.Add(caller);
    }

    // The quantile of a sample may leave fewer than k of a set that has as many.
    private void Complete(ExcludedItems excluded, int first, int count, int k, CandidateRanking ranking)
    {
        bool complete = true;
        for (int q = 0; q < count; q++)
        {
            if (excluded.Among(first + q) is not { } set || ranking.Count(q) >= Math.Min(Math.Min(k, Method.Candidates), excluded.Left(first + q, ItemCount))) continue;
            ranking.AddAll(q, set, excluded[first + q]);
            complete = false;
        }
        if (!complete) ranking.Score();
    }

    private static ItemBlocks SampleOf(ItemVectors vectors, int[] sampled, WorkerPool workers) => new(new SampleVectors(vectors, sampled), IndexPrecision.Float32, workers);

    private sealed record Caller(CandidateSource[] Sources, CandidateRanking Ranking) : IDisposable
    {
        public void Dispose()
        {
            foreach (CandidateSource source in Sources) source.Dispose();
            Ranking.Dispose();
        }
    }
}
