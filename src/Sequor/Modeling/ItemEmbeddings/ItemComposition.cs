using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>
/// e[i] = f[i]·own[i] + Σ over tables of the mean of the item's rows, with a factor f[i] of 0 for items without training events, and of 0
/// or 1 / (1 − rate) under dropout. Backward: ∂own[i] = f[i]·∂e[i], and ∂table[v] = Σ over items with v of ∂e[i] / (number of i's values).
/// </summary>
/// <remarks>
/// Forward streams through the table, X·D floats read and written. ∂e exists block by block only: a run of blocks a piece, each piece with
/// sums of its own for all values, which are added in the order of the pieces. Pieces are as many as keep those sums below a quarter of the
/// item table, and depend on sizes alone, so the bits do not depend on threads. The own table reads ∂e when the optimizer sums its blocks.
/// </remarks>
internal sealed unsafe class ItemComposition : IDisposable
{
    private const int MostPieces = 16;
    private readonly Parameter? _own;
    private readonly NativeBuffer _factors;
    private readonly bool[] _observed;
    private readonly TokenBlocks _rowPieces, _valuePieces;
    private readonly int _pieceCount, _valueCount;
    private readonly Action<int> _compose, _sum, _reduce;
    private Dropout _dropout;
    private float* _partials;
    private bool _isFresh;

    /// <summary>Puts together the vectors of <paramref name="itemCount"/> items; what is learned is the caller's to end.</summary>
    internal ItemComposition(int itemCount, int dim, Parameter? own, IReadOnlyList<ValueTable> tables)
    {
        Items = new Parameter("items", [itemCount + 1, dim], isTable: true);
        Tables = [.. tables];
        _own = own;
        _factors = new NativeBuffer(itemCount + 1);
        _observed = new bool[itemCount + 1];
        own?.TakeGradientOf(Items, _factors.Pointer);
        SetObserved([]);
        foreach (ValueTable table in Tables) _valueCount += table.Table.Value.Rows;
        _rowPieces = TokenBlocks.Fine(itemCount + 1);
        _valuePieces = TokenBlocks.Fine(_valueCount);
        _pieceCount = Math.Clamp(Items.Value.Rows / (4 * _valueCount), 1, Math.Min(MostPieces, Items.Blocks.Count));
        (_compose, _sum, _reduce) = Simd.Width switch
        {
            16 => (Compose<Vector512<float>, Simd512>, Sum<Vector512<float>, Simd512>, Reduce<Vector512<float>, Simd512>),
            8 => (Compose<Vector256<float>, Simd256>, Sum<Vector256<float>, Simd256>, Reduce<Vector256<float>, Simd256>),
            _ => ((Action<int>)Compose<Vector128<float>, Simd128>, (Action<int>)Sum<Vector128<float>, Simd128>, (Action<int>)Reduce<Vector128<float>, Simd128>),
        };
    }

    /// <summary>The table that is put together (X + 1, D).</summary>
    internal Parameter Items { get; }

    /// <summary>The tables of values that it is put together from.</summary>
    internal ValueTable[] Tables { get; }

    /// <summary>Multiplications and additions of one pass.</summary>
    internal long Flops
    {
        get
        {
            long rows = _own is null ? 0 : Items.Value.Rows;
            foreach (ValueTable table in Tables) rows += table.Rows.Length;
            return 2 * rows * Items.Value.Columns;
        }
    }

    /// <summary>Bytes of item rows that putting the table together reads and writes.</summary>
    internal long BytesPerPass => (_own is null ? 1 : 2) * sizeof(float) * Items.Value.Size;

    /// <summary>Zeros the own rows of items without training events (X + 1 counts, or empty when every item has some) and keeps them zero.</summary>
    internal void SetObserved(ReadOnlySpan<long> popularity)
    {
        for (int item = 1; item < _observed.Length; item++) _observed[item] = popularity.IsEmpty || popularity[item] > 0;
        if (_own is null) return;
        for (int row = 0; row < _observed.Length; row++)
            if (!_observed[row]) _own.Value[row].Clear();
    }

    /// <summary>Puts the table together: for a step with its dropout, or for all who read it until the next step.</summary>
    internal void Compose(WorkerPool workers, Dropout dropout, bool isStep = false)
    {
        _isFresh = !isStep;
        _dropout = dropout;
        workers.Run(_rowPieces.Count, _compose);
    }

    /// <summary>Stops a reader who would see the table as a training step left it.</summary>
    internal void RequireFresh()
    {
        if (!_isFresh) throw new InvalidOperationException($"the item table is that of a training step; call {nameof(RecommenderModel.RefreshItems)} first");
    }

    /// <summary>Adds the gradient of the item table to those of the value tables.</summary>
    internal void Backward(Tape tape)
    {
        _partials = tape.Workspace((long)_pieceCount * _valueCount * Items.Value.Stride);
        tape.Workers.Run(_pieceCount, _sum);
        tape.Workers.Run(_valuePieces.Count, _reduce);
        // The own table still reads it in the optimizer's hands.
        if (_own is null) Items.ClearGradient();
    }

    public void Dispose()
    {
        Items.Dispose();
        _factors.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Compose<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        Matrix items = Items.Value;
        var (first, end) = _rowPieces[piece];
        for (int item = first; item < end; item++)
        {
            float* e = items.Row(item);
            float factor = !_observed[item] ? 0 : _dropout.Active ? _dropout.RowFactor(item) : 1;
            _factors.Pointer[item] = factor;
            if (_own is null) new Span<float>(e, items.Stride).Clear();
            else
            {
                float* own = _own.Value.Row(item);
                V scale = S.Create(factor);
                for (int c = 0; c < items.Stride; c += S.Count) S.Store(S.Multiply(scale, S.Load(own + c)), e + c);
            }
            foreach (ValueTable table in Tables)
            {
                ReadOnlySpan<int> rows = RowsOf(table, item);
                foreach (int row in rows) RowKernels<V, S>.AddScaled(1f / rows.Length, table.Table.Value.Row(row), e, items.Stride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        TableBlocks blocks = Items.Blocks;
        int stride = Items.Value.Stride, size = BlockSums.Size(blocks, stride);
        float* memory = Scratch.Take(2L * size + blocks.RowsPerBlock), partial = Partial(piece);
        var sums = new BlockSums(memory, blocks, stride);
        int* touched = (int*)(memory + 2L * size);
        NativeMemory.Clear(partial, (nuint)_valueCount * (nuint)stride * sizeof(float));
        int end = (int)((long)blocks.Count * (piece + 1) / _pieceCount);
        for (int block = (int)((long)blocks.Count * piece / _pieceCount); block < end; block++)
        {
            Items.SumGradient<V, S>(block, sums, new BlockSums(memory + size, blocks, stride));
            int firstRow = blocks[block].First, count = sums.List(touched);
            for (int i = 0; i < count; i++)
            {
                float* gradient = sums.Rows + touched[i] * stride, values = partial;
                foreach (ValueTable table in Tables)
                {
                    ReadOnlySpan<int> rows = RowsOf(table, firstRow + touched[i]);
                    foreach (int row in rows) RowKernels<V, S>.AddScaled(1f / rows.Length, gradient, values + (long)row * stride, stride);
                    values += table.Table.Value.Size;
                }
            }
        }
    }

    private void Reduce<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _valuePieces[piece];
        int stride = Items.Value.Stride, start = 0;
        foreach (ValueTable table in Tables)
        {
            Matrix values = table.Table.Value;
            for (int row = Math.Max(first - start, 0); row < Math.Min(end - start, values.Rows); row++)
                for (int part = 0; part < _pieceCount; part++)
                    RowKernels<V, S>.Add(Partial(part) + (long)(start + row) * stride, values.Gradient + (long)row * stride, stride);
            start += values.Rows;
        }
    }

    private float* Partial(int piece) => _partials + (long)piece * _valueCount * Items.Value.Stride;

    private static ReadOnlySpan<int> RowsOf(ValueTable table, int item) => table.Rows.AsSpan(table.Offsets[item]..table.Offsets[item + 1]);
}
