using System.Collections.Concurrent;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>
/// The answers of brute force over a mixture, items and score bits, from bounds (<c>MoLExactTopK</c>): π ≥ 0 and Σ π = 1 give φ ≤ max_p s_p.
/// <list type="number">
/// <item>The best k of every component pair, φ on their union. S_min is the k-th best φ, t_p the k-th best s_p. No other item has a logit above
/// max_p t_p, so where S_min lies above that, the answer is found.</item>
/// <item>Else φ on every item that has some s_p ≥ S_min: no other can be among the best k.</item>
/// </list>
/// </summary>
/// <remarks>
/// A margin for the rounding of φ lies between the two sides of each comparison, and in narrow precisions one for quantisation. What is scored depends on
/// how close the scores lie together; at worst, everything is. Memory: X · (P_X·D_P + P) floats for the rows, and the components once more in the
/// precision of the scans. Safe for concurrent callers; nothing is allocated once as many callers have met. Results do not depend on the number of threads.
/// </remarks>
public sealed unsafe class MixtureExact : ITopKIndex
{
    private readonly MixtureRows _rows;
    private readonly ItemBlocks[] _components;
    private readonly MixtureRowScorer _scorer;
    private readonly SetSearch _sets;
    private readonly SetSearch.Scan _scan;
    private readonly WorkerPool _workers;
    private readonly float _longestComponent;
    private readonly ConcurrentBag<Caller> _idle = [];

    /// <summary>Computes the rows of all items.</summary>
    /// <param name="model">A model with a mixture; it must outlive the index and keep its weights.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="precision">What the scans of components read: a matter of speed and memory, the answers are the same.</param>
    public MixtureExact(RecommenderModel model, WorkerPool workers, IndexPrecision precision = IndexPrecision.Float32)
    {
        ArgumentNullException.ThrowIfNull(workers);
        _workers = workers;
        _rows = new MixtureRows(TopKIndex.MixtureOf(model, TopKKind.MixtureExact), workers);
        _components = CandidateIndex.Components(_rows, precision, workers);
        _scorer = new MixtureRowScorer(_rows);
        _sets = new SetSearch(_scorer, ItemCount, 0, workers);
        _scan = (queries, excluded, k, items, scores) => Scan(queries, excluded, k, items, scores, []);
        _longestComponent = _rows.LongestComponent();
    }

    /// <inheritdoc/>
    public TopKMethod Method => new(TopKKind.MixtureExact);

    /// <inheritdoc/>
    public int ItemCount => _rows.ItemCount;

    /// <inheritdoc/>
    public long MemoryBytes => _rows.MemoryBytes + _components.Sum(blocks => blocks.MemoryBytes);

    /// <inheritdoc/>
    public void Search(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        SearchArguments.Begin(queries, _rows.Layout.QueryWidth, ItemCount, excluded, k, items, scores);
        _sets.Run(queries, excluded, k, items, scores, _scan);
    }

    /// <summary>As <see cref="Search(Matrix, ExcludedItems, int, Span{int}, Span{float})"/>, by scans alone, and says what they took: <paramref name="reports"/> has one a query (B).</summary>
    public void Search(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores, Span<MixtureSearchReport> reports)
    {
        SearchArguments.Begin(queries, _rows.Layout.QueryWidth, ItemCount, excluded, k, items, scores);
        if (reports.Length != queries.Rows) throw new ArgumentException($"{queries.Rows} queries need as many reports; {reports.Length} are offered", nameof(reports));
        Scan(queries, excluded, k, items, scores, reports);
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        while (_idle.TryTake(out Caller? caller)) caller.Dispose();
        foreach (ItemBlocks blocks in _components) blocks.Dispose();
        _sets.Dispose();
        _rows.Dispose();
    }

    private void Scan(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores, Span<MixtureSearchReport> reports)
    {
        if (!_idle.TryTake(out Caller? caller)) caller = new Caller(this);
        for (int first = 0; first < queries.Rows; first += CandidateIndex.Queries)
        {
            var some = new Matrix(queries.Row(first), null, Math.Min(CandidateIndex.Queries, queries.Rows - first), queries.Columns);
            caller.Run(some, new ExcludedLists(excluded, first, 1), Math.Min(k, ItemCount), reports.IsEmpty ? reports : reports.Slice(first, some.Rows));
            fixed (int* foundItems = items)
            fixed (float* foundScores = scores)
                for (int q = 0; q < some.Rows; q++) caller.Ranking.Take(q, foundItems + (long)(first + q) * k, foundScores + (long)(first + q) * k);
        }
        _idle.Add(caller);
    }

    private sealed class Caller(MixtureExact index) : IDisposable
    {
        private readonly ComponentCandidates _best = new(index._components, index._rows.Layout, index._workers);
        private readonly RangeScan[] _ranges = [.. index._components.Select(blocks => new RangeScan(blocks, index._workers))];
        private readonly MixtureQueries _vectors = new(index._rows.Layout);
        private float[] _bars = [];

        internal CandidateRanking Ranking { get; } = new(index._scorer, index.ItemCount, index._workers);

        internal void Run(Matrix queries, ExcludedLists excluded, int k, Span<MixtureSearchReport> reports)
        {
            Ranking.Begin(queries, k);
            _best.Count = k;
            _best.Add(queries, excluded, Ranking);
            Ranking.Score();
            bool suffices = true;
            int groups = index._rows.Layout.QueryGroups;
            if (_bars.Length < queries.Rows * groups) _bars = new float[queries.Rows * groups];
            for (int q = 0; q < queries.Rows; q++)
            {
                // A query for which no item can be missing raises its bar above all.
                float floor = Ranking.Floor(q), highest = _best.Highest(q), rounding = Rounding(queries.Row(q));
                bool found = highest == float.NegativeInfinity || floor >= highest + rounding;
                _bars.AsSpan(q * groups, groups).Fill(found ? float.PositiveInfinity : float.IsFinite(rounding) ? MathF.BitDecrement(floor - rounding) : float.NegativeInfinity);
                suffices &= found;
                if (!reports.IsEmpty) reports[q] = new MixtureSearchReport(found ? 1 : 2, highest == float.NegativeInfinity ? 0 : MathF.Max(0, highest - MathF.BitIncrement(floor)), 0);
            }
            if (!suffices)
            {
                Matrix vectors = _vectors.Components(queries);
                foreach (RangeScan range in _ranges) range.Run(vectors, excluded with { VectorsPerList = groups }, _bars, lowers: true, Ranking);
                Ranking.Score();
            }
            for (int q = 0; q < reports.Length; q++) reports[q] = reports[q] with { CandidateCount = Ranking.Count(q) };
        }

        public void Dispose()
        {
            _best.Dispose();
            _vectors.Dispose();
            Ranking.Dispose();
        }

        // How far φ, as it is computed, may lie above the largest logit: a share of the largest absolute one.
        private float Rounding(float* query)
        {
            MixtureLayout layout = index._rows.Layout;
            float longest = 0;
            for (int p = 0; p < layout.QueryGroups; p++)
            {
                float length = MixtureRows.Length(query + p * layout.Stride, layout.Stride);
                // Max keeps what is not a number, and then everything is a candidate.
                longest = MathF.Max(longest, length);
            }
            return 1.01f * MixtureScores.Rounding(index._rows.Gate) * longest * index._longestComponent;
        }
    }
}
