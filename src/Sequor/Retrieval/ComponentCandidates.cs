using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>The best k′ items of every pair of components (<c>MoLNaiveTopK</c>): one search an item component, with all components of all queries.</summary>
internal sealed unsafe class ComponentCandidates : CandidateSource
{
    private readonly MixtureLayout _layout;
    private readonly MixtureQueries _vectors;
    private readonly SampledScan[] _scans;
    private readonly int _itemCount;
    private int[] _items = [];
    private float[] _scores = [], _highest = [];

    internal ComponentCandidates(ItemBlocks[] components, MixtureLayout layout, WorkerPool workers)
    {
        _layout = layout;
        _vectors = new MixtureQueries(layout);
        _scans = [.. components.Select(blocks => SampledScan.Over(blocks, workers))];
        _itemCount = components[0].ItemCount;
    }

    /// <summary>k′.</summary>
    internal int Count { get; set; }

    /// <summary>The highest of a query's k′-th best component logits: an item that is no candidate has none above it.</summary>
    internal float Highest(int query) => _highest[query];

    internal override void Add(Matrix queries, ExcludedLists excluded, CandidateRanking candidates)
    {
        int k = Math.Min(Count, _itemCount), groups = _layout.QueryGroups, places = queries.Rows * groups * k;
        if (_items.Length < places) (_items, _scores) = (new int[places], new float[places]);
        if (_highest.Length < queries.Rows) _highest = new float[queries.Rows];
        Array.Fill(_highest, float.NegativeInfinity);
        Matrix vectors = _vectors.Components(queries);
        fixed (int* items = _items)
        fixed (float* scores = _scores)
            foreach (SampledScan scan in _scans)
            {
                _items.AsSpan(0, places).Clear();
                _scores.AsSpan(0, places).Fill(float.NegativeInfinity);
                scan.Run(vectors, excluded with { VectorsPerList = groups }, k, k, items, scores);
                for (int v = 0; v < vectors.Rows; v++)
                {
                    candidates.Add(v / groups, items + v * k, k);
                    _highest[v / groups] = MathF.Max(_highest[v / groups], scores[v * k + k - 1]);
                }
            }
    }

    public override void Dispose() => _vectors.Dispose();
}
