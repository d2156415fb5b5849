using System.Numerics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>
/// The best k items of each query by float32 scores, from a scan of quantised vectors: the scan keeps every item that the error bound
/// cannot rule out, more of them the closer the scores lie together, and those alone are scored in float32.
/// </summary>
internal sealed unsafe class CandidateScan : SampledScan
{
    private readonly Action<int> _rescore;
    private readonly List<CandidateList> _lists = [];
    private readonly List<TopKHeap> _heaps = [];
    private ErrorBound[] _bounds = [];
    private (float Step, int Sum)[] _steps = [];
    private int[] _quads = [];
    private int _k, _row;
    private int* _items;
    private float* _scores;

    internal CandidateScan(ItemBlocks blocks, WorkerPool workers) : base(blocks, workers)
    {
        Blocks = blocks;
        _rescore = Rescore;
    }

    private new ItemBlocks Blocks { get; }

    private int QuadCount => (Blocks.Dim + 3) / 4;

    /// <summary>Fills rows of <paramref name="row"/> places with the best <paramref name="k"/> ≤ row.</summary>
    internal void Run(Matrix queries, ExcludedItems excluded, int k, int row, int* items, float* scores)
    {
        Prepare(queries, excluded);
        (_k, _row) = (k, row);
        _items = items;
        _scores = scores;
        int n = queries.Rows;
        if (_bounds.Length < n) (_bounds, _steps, _quads) = (new ErrorBound[n], new (float, int)[n], new int[n * QuadCount]);
        for (int q = 0; q < n; q++) Quantize(q);
        while (_lists.Count < PieceCount * n) _lists.Add(new CandidateList(Blocks));
        while (_heaps.Count < n) _heaps.Add(new TopKHeap());
        RunSampled(k);
    }

    protected override void Begin(int piece, int query, int k) => _lists[piece * Queries.Rows + query].Begin(k, _bounds[query], Floor(query));

    protected override float MergedFloor(int query) => Merged(query).Floor();

    protected override void Finish()
    {
        for (int q = 0; q < Queries.Rows; q++) _heaps[q].Begin(_k);
        Workers.Run(Queries.Rows, _rescore);
    }

    private CandidateList Merged(int query)
    {
        CandidateList all = _lists[query];
        for (int piece = 1; piece < PieceCount; piece++) all.Merge(_lists[piece * Queries.Rows + query]);
        return all;
    }

    protected override void SetBars(int piece, int block, float* bars)
    {
        for (int q = 0; q < Queries.Rows; q++) bars[q] = _lists[piece * Queries.Rows + q].Threshold;
    }

    protected override long Room => Blocks.Precision == IndexPrecision.BFloat16 && Queries.Rows > 1 ? 2 * QuantizedBlock.BFloat16Size(Blocks.Dim) : 0;

    protected override void Score(int block, int first, int count, float* room, float* scores)
    {
        float* items = Blocks[block];
        if (Blocks.Precision == IndexPrecision.BFloat16)
        {
            if (Queries.Rows == 1)
            {
                QuantizedBlock.ScoreBFloat16(Queries.Row(0), items, Blocks.Dim, scores);
                return;
            }
            if (first == 0) QuantizedBlock.FromBFloat16(items, Blocks.Dim, room);
            ItemBlock.Score(Queries.Row(first), Queries.Stride, count, room, Blocks.Dim, scores);
            return;
        }
        fixed (int* quads = _quads)
            for (int r = 0; r < count; r++)
                QuantizedBlock.ScoreInt8(quads + (first + r) * QuadCount, _steps[first + r].Step, _steps[first + r].Sum, items, Blocks.Dim, scores + r * ItemBlock.Items);
    }

    protected override float* TileBars(int block, int first, int count, float* bars, float* own)
    {
        QuantizationError error = Blocks.Error(block);
        for (int r = 0; r < count; r++) own[r] = bars[first + r] - _bounds[first + r].Margin(error);
        return own;
    }

    protected override void Visit(in ScoreTile tile)
    {
        QuantizationError error = Blocks.Error(tile.Block);
        for (int r = 0; r < tile.Count; r++)
        {
            ulong lanes = tile.Lanes[r];
            if (lanes == 0) continue;
            CandidateList list = _lists[tile.Piece * Queries.Rows + tile.First + r];
            float margin = _bounds[tile.First + r].Margin(error);
            for (; lanes != 0; lanes &= lanes - 1)
            {
                int lane = BitOperations.TrailingZeroCount(lanes);
                list.Push(tile.Scores[r * ItemBlock.Items + lane] - margin, tile.Block * ItemBlock.Items + lane + 1);
            }
            tile.Bars[tile.First + r] = list.Threshold;
        }
    }

    private void Quantize(int query)
    {
        float* q = Queries.Row(query);
        double squares = 0;
        for (int c = 0; c < Blocks.Dim; c++) squares += (double)q[c] * q[c];
        float norm = (float)Math.Sqrt(squares), residual = 0;
        if (Blocks.Precision == IndexPrecision.Int8)
            fixed (int* quads = _quads) (_steps[query].Step, _steps[query].Sum, residual) = QuantizedBlock.QuantizeQuery(q, Blocks.Dim, quads + query * QuadCount);
        _bounds[query] = ErrorBound.Of(norm, residual, Blocks.Dim);
    }

    // Candidates are packed as the float32 index packs its items and multiplied as it does: the scores have the same bits.
    private void Rescore(int query)
    {
        CandidateList all = Merged(query);
        if (Floor(query) > float.NegativeInfinity && !all.Confirms(Floor(query)))
        {
            FellShort();
            return;
        }
        TopKHeap heap = _heaps[query];
        Span<int> group = stackalloc int[ItemBlock.Items];
        float* scores = Scratch.Take(ItemBlock.Items * (1L + Blocks.Dim + Queries.Stride)), block = scores + ItemBlock.Items, rows = block + ItemBlock.Items * Blocks.Dim;
        for (int from = 0, count; (count = all.Take(from, group)) > 0; from += count)
        {
            Blocks.Gather(group[..count], rows, block);
            ItemBlock.Score(Queries.Row(query), Queries.Stride, 1, block, Blocks.Dim, scores);
            for (int i = 0; i < count; i++)
                if (scores[i] >= heap.Threshold && scores[i] > float.NegativeInfinity) heap.Push(scores[i], group[i]);
        }
        _ = heap.Take(_items + (long)query * _row, _scores + (long)query * _row);
    }
}
