using System.Numerics;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>
/// Counts, for each query, the items whose φ beats that of its target. An item whose largest component logit lies below cannot, and is spared the
/// gate, which is most of the work; the lanes of different blocks that are left fill tiles for it.
/// </summary>
internal sealed unsafe class MixtureRankScan : BlockScan, IDisposable
{
    // Counts of different pieces lie in different cache lines.
    private const int Apart = 32;
    private const int TargetLanes = Simd.RowAlignment;
    private readonly MixtureBlocks _blocks;
    private readonly Action<int> _scoreTarget, _finish;
    private NativeBuffer _waiting = new(0);
    private int[] _waitingItems = [], _waitingCounts = [], _above = [];
    private float[] _score = [];
    private int* _targets;
    private int _pieceStride;

    // A waiting item's logits and part of the gate.
    private readonly int _rowSize;
    private readonly int _logitsSize;
    private readonly long _flushSize;

    internal MixtureRankScan(MixtureBlocks blocks, WorkerPool workers) : base(blocks, workers)
    {
        _blocks = blocks;
        _logitsSize = blocks.Gate.Layout.Logits * ItemBlock.Items;
        _flushSize = _logitsSize + MixtureTile.Size(blocks.Gate, ItemBlock.Items);
        _rowSize = 2 * Simd.Pad(blocks.Gate.Layout.Logits);
        _scoreTarget = ScoreTarget;
        _finish = Finish;
    }

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
        Prepare(queries, default);
        int n = queries.Rows;
        if (_score.Length < n) _score = new float[n];
        fixed (int* pinned = targets)
        {
            _targets = pinned;
            Workers.Run(n, _scoreTarget);
        }
        _score.AsSpan(0, n).CopyTo(scores);
    }

    internal void CountAbove(Matrix queries, ExcludedLists excluded, ReadOnlySpan<int> targets, ReadOnlySpan<float> scores, Span<int> counts)
    {
        Prepare(queries, excluded);
        int n = queries.Rows, places = PieceCount * n * ItemBlock.Items;
        _pieceStride = (n + Apart - 1) / Apart * Apart + Apart;
        if (_above.Length < PieceCount * _pieceStride) (_above, _waitingCounts) = (new int[PieceCount * _pieceStride], new int[PieceCount * _pieceStride]);
        if (_score.Length < n) _score = new float[n];
        if (_waitingItems.Length < places)
        {
            _waitingItems = new int[places];
            _waiting.Dispose();
            _waiting = new NativeBuffer((long)places * _rowSize);
        }
        Array.Clear(_above);
        scores[..n].CopyTo(_score);
        fixed (int* pinned = targets)
        {
            _targets = pinned;
            Run();
            Workers.Run(n, _finish);
        }
        for (int q = 0; q < n; q++)
        {
            counts[q] = 0;
            for (int piece = 0; piece < PieceCount; piece++) counts[q] += _above[piece * _pieceStride + q];
        }
    }

    public void Dispose() => _waiting.Dispose();

    // Of each query in a tile all logits are kept until its lanes have been looked at.
    protected override int TileQueries => 8;

    protected override long Room => TileQueries * _logitsSize + _flushSize;

    // Nothing beats what is not a number.
    protected override void SetBars(int piece, int block, float* bars)
    {
        for (int q = 0; q < Queries.Rows; q++) bars[q] = float.IsNaN(_score[q]) ? float.PositiveInfinity : MathF.BitDecrement(_score[q]);
    }

    protected override void Score(int block, int first, int count, float* room, float* scores)
    {
        MixtureGate gate = _blocks.Gate;
        for (int r = 0; r < count; r++)
        {
            var tile = new MixtureTile(room + r * _logitsSize, gate, ItemBlock.Items, differentiates: false, dropsLogits: false, dropsWeights: false);
            MixtureScores.Bounds(gate, Queries.Row(first + r), Blocks[block], tile, scores + r * ItemBlock.Items);
        }
    }

    protected override void Visit(in ScoreTile tile)
    {
        MixtureLayout layout = _blocks.Gate.Layout;
        float* itemGate = Blocks[tile.Block] + layout.ItemGate * ItemBlock.Items;
        for (int r = 0; r < tile.Count; r++)
        {
            int q = tile.First + r, place = tile.Piece * Queries.Rows + q;
            ref int waiting = ref _waitingCounts[tile.Piece * _pieceStride + q];
            for (ulong lanes = tile.Lanes[r]; lanes != 0; lanes &= lanes - 1)
            {
                int lane = BitOperations.TrailingZeroCount(lanes), row = place * ItemBlock.Items + waiting++;
                float* target = _waiting.Pointer + (long)row * _rowSize, logits = tile.Room + r * _logitsSize + lane, gates = itemGate + lane;
                for (int p = 0; p < layout.Logits; p++)
                {
                    target[p] = logits[p * ItemBlock.Items];
                    target[_rowSize / 2 + p] = gates[p * ItemBlock.Items];
                }
                _waitingItems[row] = tile.Block * ItemBlock.Items + lane + 1;
                if (waiting == ItemBlock.Items) Flush(tile.Piece, q, tile.Room + TileQueries * _logitsSize);
            }
        }
    }

    private void Finish(int query)
    {
        float* memory = Scratch.Take(_flushSize);
        for (int piece = 0; piece < PieceCount; piece++) Flush(piece, query, memory);
    }

    // φ of the items that wait, and which of them beat the target: equal ones with a lower index do.
    private void Flush(int piece, int query, float* memory)
    {
        ref int waiting = ref _waitingCounts[piece * _pieceStride + query];
        MixtureGate gate = _blocks.Gate;
        int first = (piece * Queries.Rows + query) * ItemBlock.Items, above = 0, target = _targets[query];
        float* rows = _waiting.Pointer + (long)first * _rowSize, itemGate = memory;
        var tile = new MixtureTile(memory + _logitsSize, gate, ItemBlock.Items, differentiates: false, dropsLogits: false, dropsWeights: false);
        Layout.Transpose(rows, _rowSize, tile.Logits, ItemBlock.Items, waiting, gate.Layout.Logits);
        Layout.Transpose(rows + _rowSize / 2, _rowSize, itemGate, ItemBlock.Items, waiting, gate.Layout.Logits);
        MixtureScores.Mix(gate, Queries.Row(query), itemGate, tile);
        float score = _score[query];
        for (int i = 0; i < waiting; i++)
            if (tile.Scores[i] > score || (tile.Scores[i] == score && _waitingItems[first + i] < target)) above++;
        _above[piece * _pieceStride + query] += above;
        waiting = 0;
    }

    private void ScoreTarget(int query)
    {
        MixtureGate gate = _blocks.Gate;
        int place = _targets[query] - 1, width = gate.Layout.ItemWidth;
        _score[query] = 0;
        if ((uint)place >= (uint)Blocks.ItemCount) return;
        float* column = Blocks[place / ItemBlock.Items] + place % ItemBlock.Items;
        float* block = Scratch.Take((long)width * TargetLanes + MixtureTile.Size(gate, TargetLanes));
        new Span<float>(block, width * TargetLanes).Clear();
        for (int c = 0; c < width; c++) block[c * TargetLanes] = column[c * ItemBlock.Items];
        var tile = new MixtureTile(block + width * TargetLanes, gate, TargetLanes, differentiates: false, dropsLogits: false, dropsWeights: false);
        MixtureScores.Forward(gate, Queries.Row(query), block, tile);
        _score[query] = tile.Scores[0];
    }
}
