using System.Numerics;

namespace Sequor.Autograd;

/// <summary>
/// How a table is cut into blocks of rows, a function of its shape alone. A block is what one sum of gradient entries and one update of
/// the optimizer work on, so its rows fit the first cache; a power of two, so that an id gives its block by a shift.
/// </summary>
internal readonly struct TableBlocks
{
    private const int MostFloats = 8192;
    private const int FewestBlocks = 32;
    private readonly int _rows;

    internal TableBlocks(int rows, int stride)
    {
        _rows = rows;
        int largest = Math.Max(1, Math.Min(MostFloats / stride, (rows + FewestBlocks - 1) / FewestBlocks));
        Shift = BitOperations.Log2((uint)largest);
        Count = (int)(((long)rows + RowsPerBlock - 1) >> Shift);
    }

    /// <summary>Row r lies in block r &gt;&gt; <see cref="Shift"/>.</summary>
    internal int Shift { get; }

    /// <summary>Number of blocks.</summary>
    internal int Count { get; }

    /// <summary>Rows of every block but the last, which may be shorter.</summary>
    internal int RowsPerBlock => 1 << Shift;

    /// <summary>First row of a block and number of its rows.</summary>
    internal (int First, int Count) this[int block] => (block << Shift, Math.Min(RowsPerBlock, _rows - (block << Shift)));
}
