using System.Numerics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>Summed gradient of a block of table rows: only rows marked as touched hold values.</summary>
internal readonly unsafe struct BlockSums
{
    /// <summary>A row after the other, <see cref="TableBlocks.RowsPerBlock"/> × stride floats.</summary>
    internal readonly float* Rows;

    // One bit a row.
    private readonly ulong* _touched;
    private readonly int _words;

    /// <summary>Takes <see cref="Size"/> floats at <paramref name="memory"/>.</summary>
    internal BlockSums(float* memory, in TableBlocks blocks, int stride)
    {
        Rows = memory;
        _touched = (ulong*)(memory + blocks.RowsPerBlock * stride);
        _words = Words(blocks);
    }

    /// <summary>Floats that the sums of a block take.</summary>
    internal static int Size(in TableBlocks blocks, int stride) => blocks.RowsPerBlock * stride + Simd.Pad(2 * Words(blocks));

    internal void Clear() => new Span<ulong>(_touched, _words).Clear();

    internal void TouchFirst(int count)
    {
        for (int row = 0; row < count; row++) Touch(row);
    }

    /// <summary>Marks a row; false if it was marked before.</summary>
    internal bool Touch(int row)
    {
        ulong bit = 1UL << row;
        if ((_touched[row >> 6] & bit) != 0) return false;
        _touched[row >> 6] |= bit;
        return true;
    }

    /// <summary>Takes the mark of a row away.</summary>
    internal void Drop(int row) => _touched[row >> 6] &= ~(1UL << row);

    /// <summary>Whether a row was marked.</summary>
    internal bool Holds(int row) => (_touched[row >> 6] & (1UL << row)) != 0;

    /// <summary>Writes the marked rows in ascending order to <paramref name="rows"/>; returns their number.</summary>
    internal int List(int* rows)
    {
        int count = 0;
        for (int word = 0; word < _words; word++)
            for (ulong bits = _touched[word]; bits != 0; bits &= bits - 1) rows[count++] = (word << 6) + BitOperations.TrailingZeroCount(bits);
        return count;
    }

    /// <summary>Adds the marked rows of <paramref name="other"/>.</summary>
    internal void Add<V, S>(in BlockSums other, int stride) where V : struct where S : struct, ISimd<V>
    {
        for (int word = 0; word < _words; word++)
            for (ulong bits = other._touched[word]; bits != 0; bits &= bits - 1)
            {
                int row = (word << 6) + BitOperations.TrailingZeroCount(bits);
                float* target = Rows + row * stride, source = other.Rows + row * stride;
                if (Touch(row)) Buffer.MemoryCopy(source, target, stride * sizeof(float), stride * sizeof(float));
                else RowKernels<V, S>.Add(source, target, stride);
            }
    }

    private static int Words(in TableBlocks blocks) => (blocks.RowsPerBlock + 63) >> 6;
}
