using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>The best N items by ⟨Σ_q f_q, mean_x g_x⟩ (<c>MoLAvgTopK</c>): the mixture with equal weights.</summary>
internal sealed unsafe class MeanCandidates(ItemBlocks means, int count, MixtureLayout layout, WorkerPool workers) : CandidateSource
{
    private readonly MixtureQueries _vectors = new(layout);
    private readonly SampledScan _scan = SampledScan.Over(means, workers);
    private int[] _items = [];
    private float[] _scores = [];

    internal override void Add(Matrix queries, ExcludedLists excluded, CandidateRanking candidates)
    {
        int k = Math.Min(count, means.ItemCount), places = queries.Rows * k;
        if (_items.Length < places) (_items, _scores) = (new int[places], new float[places]);
        _items.AsSpan(0, places).Clear();
        fixed (int* items = _items)
        fixed (float* scores = _scores)
        {
            _scan.Run(_vectors.Sums(queries), excluded, k, k, items, scores);
            for (int q = 0; q < queries.Rows; q++) candidates.Add(q, items + q * k, k);
        }
    }

    public override void Dispose() => _vectors.Dispose();
}
