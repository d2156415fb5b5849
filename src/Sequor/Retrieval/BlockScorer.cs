using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>Dot products of queries with blocks of any precision, and how far they may lie from those of float32.</summary>
internal sealed unsafe class BlockScorer(ItemBlocks blocks)
{
    private ErrorBound[] _bounds = [];
    private (float Step, int Sum)[] _steps = [];
    private int[] _quads = [];
    private Matrix _queries;

    /// <summary>Floats that <see cref="Score"/> keeps from one tile of a block to the next.</summary>
    internal long Room => blocks.Precision == IndexPrecision.BFloat16 && _queries.Rows > 1 ? 2 * QuantizedBlock.BFloat16Size(blocks.Dim) : 0;

    private int QuadCount => (blocks.Dim + 3) / 4;

    /// <summary>Takes the queries (n, dim).</summary>
    internal void Begin(Matrix queries)
    {
        _queries = queries;
        if (blocks.Precision == IndexPrecision.Float32) return;
        int n = queries.Rows;
        if (_bounds.Length < n) (_bounds, _steps, _quads) = (new ErrorBound[n], new (float, int)[n], new int[n * QuadCount]);
        for (int q = 0; q < n; q++) Quantize(q);
    }

    /// <summary>Scores (count × 64) of the queries from <paramref name="first"/> on, which is 0 at first for each block.</summary>
    internal void Score(int block, int first, int count, float* room, float* scores)
    {
        float* items = blocks[block];
        if (blocks.Precision == IndexPrecision.Float32)
            ItemBlock.Score(_queries.Row(first), _queries.Stride, count, items, blocks.Dim, scores);
        else if (blocks.Precision == IndexPrecision.Int8)
            fixed (int* quads = _quads)
                for (int r = 0; r < count; r++)
                    QuantizedBlock.ScoreInt8(quads + (first + r) * QuadCount, _steps[first + r].Step, _steps[first + r].Sum, items, blocks.Dim, scores + r * ItemBlock.Items);
        else if (_queries.Rows == 1)
            QuantizedBlock.ScoreBFloat16(_queries.Row(0), items, blocks.Dim, scores);
        else
        {
            if (first == 0) QuantizedBlock.FromBFloat16(items, blocks.Dim, room);
            ItemBlock.Score(_queries.Row(first), _queries.Stride, count, room, blocks.Dim, scores);
        }
    }

    /// <summary>The error bound of a query; narrow precisions have one.</summary>
    internal ErrorBound Bound(int query) => _bounds[query];

    /// <summary>How far a query's scores of a block's items may lie from those of float32; +∞ where nobody knows.</summary>
    internal float Margin(int query, int block)
    {
        if (blocks.Precision == IndexPrecision.Float32) return 0;
        float margin = _bounds[query].Margin(blocks.Error(block));
        return float.IsNaN(margin) ? float.PositiveInfinity : margin;
    }

    /// <summary>The bars (count) of the queries from <paramref name="first"/> on, lowered so that no item passes unseen whose float32 score is above.</summary>
    internal void Lower(int block, int first, int count, float* bars, float* lowered)
    {
        for (int r = 0; r < count; r++)
        {
            float margin = Margin(first + r, block);
            lowered[r] = float.IsFinite(margin) ? bars[r] - margin : float.NegativeInfinity;
        }
    }

    private void Quantize(int query)
    {
        float* q = _queries.Row(query);
        double squares = 0;
        for (int c = 0; c < blocks.Dim; c++) squares += (double)q[c] * q[c];
        float norm = (float)Math.Sqrt(squares), residual = 0;
        if (blocks.Precision == IndexPrecision.Int8)
            fixed (int* quads = _quads) (_steps[query].Step, _steps[query].Sum, residual) = QuantizedBlock.QuantizeQuery(q, blocks.Dim, quads + query * QuadCount);
        _bounds[query] = ErrorBound.Of(norm, residual, blocks.Dim);
    }
}
