using System.Numerics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>The best k items of each query by float32 scores.</summary>
internal sealed unsafe class TopKScan : BlockScan
{
    private readonly Action<int> _merge;
    private readonly List<TopKHeap> _heaps = [];
    private float[] _floors = [];
    private volatile bool _short;
    private int _k, _row;
    private int* _items;
    private float* _scores;

    internal TopKScan(ItemBlocks blocks, WorkerPool workers) : base(blocks, workers) => _merge = Merge;

    /// <summary>Fills rows of <paramref name="row"/> places with the best <paramref name="k"/> ≤ row.</summary>
    internal void Run(Matrix queries, ExcludedItems excluded, int k, int row, int* items, float* scores)
    {
        Prepare(queries, excluded);
        _k = k;
        _row = row;
        _items = items;
        _scores = scores;
        int n = queries.Rows, rank = Sample.Rank(k, Blocks.ItemCount);
        if (_floors.Length < n) _floors = new float[n];
        while (_heaps.Count < PieceCount * n) _heaps.Add(new TopKHeap());
        Array.Fill(_floors, float.NegativeInfinity);
        if (rank > 0)
        {
            Collect(rank, Sample.Step);
            for (int q = 0; q < n; q++) _floors[q] = Merged(q).Floor();
        }
        do
        {
            _short = false;
            Collect(k, 1);
            Workers.Run(n, _merge);
            if (_short) Array.Fill(_floors, float.NegativeInfinity);
        }
        while (_short);
    }

    private void Collect(int k, int step)
    {
        for (int i = 0; i < PieceCount * Queries.Rows; i++) _heaps[i].Begin(k, _floors[i % Queries.Rows]);
        Run(step);
    }

    protected override void SetBars(int piece, int block, float* bars)
    {
        for (int q = 0; q < Queries.Rows; q++) bars[q] = _heaps[piece * Queries.Rows + q].Threshold;
    }

    protected override void Score(int block, int first, int count, float* room, float* scores) =>
        ItemBlock.Score(Queries.Row(first), Queries.Stride, count, Blocks[block], Blocks.Dim, scores);

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
        if (found < _k && _floors[query] > float.NegativeInfinity) _short = true;
    }

    private TopKHeap Merged(int query)
    {
        TopKHeap all = _heaps[query];
        for (int piece = 1; piece < PieceCount; piece++) all.Merge(_heaps[piece * Queries.Rows + query]);
        return all;
    }
}
