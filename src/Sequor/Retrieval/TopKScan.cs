using System.Numerics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>The best k items of each query by float32 scores.</summary>
internal abstract unsafe class TopKScan : SampledScan
{
    private readonly Action<int> _merge;
    private readonly List<TopKHeap> _heaps = [];
    private int _k, _row;
    private int* _items;
    private float* _scores;

    protected TopKScan(CatalogueBlocks blocks, WorkerPool workers) : base(blocks, workers) => _merge = Merge;

    /// <summary>Fills rows of <paramref name="row"/> places with the best <paramref name="k"/> ≤ row.</summary>
    internal void Run(Matrix queries, ExcludedItems excluded, int k, int row, int* items, float* scores)
    {
        Prepare(queries, excluded);
        _k = k;
        _row = row;
        _items = items;
        _scores = scores;
        while (_heaps.Count < PieceCount * queries.Rows) _heaps.Add(new TopKHeap());
        RunSampled(k);
    }

    protected override void Begin(int piece, int query, int k) => _heaps[piece * Queries.Rows + query].Begin(k, Floor(query));

    protected override float MergedFloor(int query) => Merged(query).Floor();

    protected override void Finish() => Workers.Run(Queries.Rows, _merge);

    protected override void SetBars(int piece, int block, float* bars)
    {
        for (int q = 0; q < Queries.Rows; q++) bars[q] = _heaps[piece * Queries.Rows + q].Threshold;
    }

    protected override void Visit(in ScoreTile tile)
    {
        for (int r = 0; r < tile.Count; r++)
        {
            ulong lanes = tile.Lanes[r];
            if (lanes == 0) continue;
            TopKHeap heap = _heaps[tile.Piece * Queries.Rows + tile.First + r];
            for (; lanes != 0; lanes &= lanes - 1)
            {
                int lane = BitOperations.TrailingZeroCount(lanes);
                float score = tile.Scores[r * ItemBlock.Items + lane];
                if (score > heap.Threshold) heap.Push(score, tile.Block * ItemBlock.Items + lane + 1);
            }
            tile.Bars[tile.First + r] = heap.Threshold;
        }
    }

    private void Merge(int query)
    {
        int found = Merged(query).Take(_items + (long)query * _row, _scores + (long)query * _row);
        if (found < _k && Floor(query) > float.NegativeInfinity) FellShort();
    }

    private TopKHeap Merged(int query)
    {
        TopKHeap all = _heaps[query];
        for (int piece = 1; piece < PieceCount; piece++) all.Merge(_heaps[piece * Queries.Rows + query]);
        return all;
    }
}
