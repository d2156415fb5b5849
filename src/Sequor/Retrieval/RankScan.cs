using System.Numerics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>Counts, for each query, the items that beat its target.</summary>
internal sealed unsafe class RankScan : BlockScan
{
    // Counts of different pieces lie in different cache lines.
    private const int Apart = 32;
    private int[] _above = [];
    private float[] _score = [];
    private int* _targets;
    private int _pieceStride;

    internal RankScan(ItemBlocks blocks, WorkerPool workers) : base(blocks, workers) => Blocks = blocks;

    private new ItemBlocks Blocks { get; }

    internal void Run(Matrix queries, ExcludedLists excluded, ReadOnlySpan<int> targets, Span<int> ranks)
    {
        int n = queries.Rows;
        if (_score.Length < n) _score = new float[n];
        ScoreTargets(queries, targets, _score);
        CountAbove(queries, excluded, targets, _score, ranks);
        for (int q = 0; q < n; q++) ranks[q] = excluded.Holds(q, targets[q]) || float.IsNaN(_score[q]) ? Blocks.ItemCount + 1 : ranks[q] + 1;
    }

    internal void ScoreTargets(Matrix queries, ReadOnlySpan<int> targets, Span<float> scores)
    {
        for (int q = 0; q < queries.Rows; q++) scores[q] = targets[q] < 1 || targets[q] > Blocks.ItemCount ? 0 : TargetScore(queries.Row(q), queries.Stride, targets[q]);
    }

    internal void CountAbove(Matrix queries, ExcludedLists excluded, ReadOnlySpan<int> targets, ReadOnlySpan<float> scores, Span<int> counts)
    {
        Prepare(queries, excluded);
        int n = queries.Rows;
        _pieceStride = (n + Apart - 1) / Apart * Apart + Apart;
        if (_above.Length < PieceCount * _pieceStride) _above = new int[PieceCount * _pieceStride];
        if (_score.Length < n) _score = new float[n];
        scores[..n].CopyTo(_score);
        Array.Clear(_above);
        fixed (int* pinned = targets)
        {
            _targets = pinned;
            Run();
        }
        for (int q = 0; q < n; q++)
        {
            counts[q] = 0;
            for (int piece = 0; piece < PieceCount; piece++) counts[q] += _above[piece * _pieceStride + q];
        }
    }

    // Items before the target beat it on equal scores: up to its block the bar is the next float below.
    protected override void SetBars(int piece, int block, float* bars)
    {
        for (int q = 0; q < Queries.Rows; q++) bars[q] = block <= TargetBlock(q) ? MathF.BitDecrement(_score[q]) : _score[q];
    }

    protected override void Score(int block, int first, int count, float* room, float* scores) =>
        ItemBlock.Score(Queries.Row(first), Queries.Stride, count, Blocks[block], Blocks.Dim, scores);

    protected override void Visit(in ScoreTile tile)
    {
        Span<int> above = _above.AsSpan(tile.Piece * _pieceStride + tile.First, tile.Count);
        for (int r = 0; r < tile.Count; r++)
        {
            ulong lanes = tile.Lanes[r];
            int q = tile.First + r;
            if (TargetBlock(q) == tile.Block)
            {
                // Of equal ones only the lanes before the target stay, and behind this block none do.
                float score = _score[q];
                ulong higher, before = (1ul << (_targets[q] - 1)) - 1;
                LaneMasks.Above(tile.Scores + r * ItemBlock.Items, &score, 1, &higher);
                lanes &= higher | before;
                tile.Bars[q] = score;
            }
            above[r] += BitOperations.PopCount(lanes);
        }
    }

    // Below 0 for a target that lies before all items.
    private int TargetBlock(int query) => (_targets[query] - 1) >> ItemBlock.Shift;

    // The same chain of multiply-adds as the scan's, so that the target meets its own score exactly; sixteen lanes of it.
    private float TargetScore(float* query, int stride, int item)
    {
        const int Lanes = Simd.RowAlignment;
        int lane = (item - 1) % ItemBlock.Items, group = lane / Lanes * Lanes;
        float* scores = stackalloc float[Lanes];
        MatrixMultiply.Run(query, stride, 1, Blocks[(item - 1) / ItemBlock.Items] + group, ItemBlock.Items, scores, Lanes, 1, Blocks.Dim, Lanes, false);
        return scores[lane - group];
    }
}
