using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Training.Distributed;

/// <summary>
/// A sharded table and its moments as the first rank writes them to files and reads them back: as a whole, of which a window of rows is there at a time.
/// The other ranks meanwhile give and take the same windows in the same order.
/// </summary>
/// <param name="table">Who holds what.</param>
/// <param name="group">The ranks.</param>
/// <param name="matrices">The table, and what has a row (or a float, of a matrix of one row) for each of its rows.</param>
internal sealed unsafe class ShardedState(ShardedTable table, IProcessGroup group, IReadOnlyList<Matrix> matrices)
{
    private const int Window = 1 << 14;

    /// <summary>Whether the rows of a matrix are dealt out.</summary>
    internal bool Holds(Matrix matrix) => matrices.Any(held => held.Data == matrix.Data);

    /// <summary>What this rank holds of a matrix: rows, or floats of a matrix of one row.</summary>
    internal (int First, int End) Here(Matrix matrix) => Overlap(group.Rank, 0, Count(matrix));

    /// <summary>Of the first rank, before it reads a row of what is dealt out: rows are read in order, each once.</summary>
    internal void BeforeRow(Matrix matrix, int row)
    {
        if (matrix.Rows == 1) BringAll(matrix);
        else if (row % Window == 0)
        {
            if (row > 0) Release(matrix, row - Window, row);
            Bring(matrix, row, Math.Min(matrix.Rows, row + Window));
        }
    }

    /// <summary>Of the first rank, after it has filled a row of what is dealt out: rows are filled in order, each once.</summary>
    internal void AfterRow(Matrix matrix, int row)
    {
        int end = row + 1;
        if (matrix.Rows == 1) Give(matrix, 0, matrix.Columns);
        else if (end % Window == 0 || end == matrix.Rows) Give(matrix, row / Window * Window, end);
    }

    /// <summary>Of the other ranks, while the first one writes matrices.</summary>
    internal void Give(IEnumerable<Matrix> written)
    {
        foreach (Matrix matrix in written.Where(Holds)) BringAll(matrix);
    }

    /// <summary>Of the other ranks, while the first one reads matrices.</summary>
    internal void Take(IEnumerable<Matrix> read)
    {
        foreach (Matrix matrix in read.Where(Holds))
        {
            if (matrix.Rows == 1) Give(matrix, 0, matrix.Columns);
            else for (int row = 0; row < matrix.Rows; row += Window) Give(matrix, row, Math.Min(matrix.Rows, row + Window));
        }
    }

    /// <summary>Gives back the memory of what others hold.</summary>
    internal void ReleaseOthers()
    {
        foreach (Matrix matrix in matrices) Release(matrix, 0, Count(matrix));
    }

    private static int Count(Matrix matrix) => matrix.Rows == 1 ? matrix.Columns : matrix.Rows;

    private static int Unit(Matrix matrix) => matrix.Rows == 1 ? 1 : matrix.Stride;

    // The first rank keeps a matrix of one row, which it writes at once.
    private void BringAll(Matrix matrix)
    {
        for (int first = 0; first < Count(matrix); first += Window)
        {
            int end = Math.Min(Count(matrix), first + Window);
            Bring(matrix, first, end);
            if (group.Rank > 0) Release(matrix, first, end);
        }
    }

    private void Bring(Matrix matrix, int first, int end)
    {
        for (int rank = 0; rank < group.Size; rank++)
        {
            var (from, to) = Overlap(rank, first, end);
            if (to > from) group.Broadcast((byte*)(matrix.Data + (long)from * Unit(matrix)), (long)(to - from) * Unit(matrix) * sizeof(float), rank);
        }
    }

    private void Give(Matrix matrix, int first, int end)
    {
        group.Broadcast((byte*)(matrix.Data + (long)first * Unit(matrix)), (long)(end - first) * Unit(matrix) * sizeof(float), root: 0);
        Release(matrix, first, end);
    }

    private void Release(Matrix matrix, int first, int end)
    {
        var (from, to) = Overlap(group.Rank, first, end);
        if (to <= from) (from, to) = (end, end);
        NativeBuffer.Release(matrix.Data + (long)first * Unit(matrix), (long)(from - first) * Unit(matrix));
        NativeBuffer.Release(matrix.Data + (long)to * Unit(matrix), (long)(end - to) * Unit(matrix));
    }

    private (int From, int To) Overlap(int rank, int first, int end)
    {
        var (held, heldEnd) = table.HeldBy(rank);
        return (Math.Max(first, held), Math.Min(end, heldEnd));
    }
}
