using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>
/// Rows × columns of float32 in memory that a <see cref="Tape"/> or a <see cref="Parameter"/> owns, with its gradient beside it when
/// it is differentiated. Rows are padded to a multiple of sixteen floats; the padding is zero and stays zero.
/// </summary>
public readonly unsafe struct Matrix
{
    internal readonly float* Data;

    // A gradient's memory may come and go while the matrix stands: this is where its address stands.
    private readonly float** _gradient;

    /// <summary>Number of the matrix on its tape; −1 beside a tape.</summary>
    internal readonly int Slot;

    internal Matrix(float* data, float** gradient, int rows, int columns, int slot = -1)
    {
        Data = data;
        _gradient = gradient;
        Slot = slot;
        Rows = rows;
        Columns = columns;
        Stride = Simd.Pad(columns);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns that carry values.</summary>
    public int Columns { get; }

    /// <summary>Floats from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>Whether the matrix is differentiated.</summary>
    internal bool HasGradient => _gradient != null;

    /// <summary>The gradient; null if there is none, or none yet.</summary>
    internal float* Gradient => _gradient == null ? null : *_gradient;

    /// <summary>Floats of the whole matrix, padding included.</summary>
    internal long Size => (long)Rows * Stride;

    /// <summary>One row of values.</summary>
    public Span<float> this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows);
            return new Span<float>(Data + (long)row * Stride, Columns);
        }
    }

    /// <summary>One row of the gradient.</summary>
    /// <exception cref="InvalidOperationException">The matrix is not differentiated, or not yet.</exception>
    public Span<float> GradientRow(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows);
        if (Gradient == null) throw new InvalidOperationException("This matrix has no gradient: it was made for inference, or backward has not come to it yet.");
        return new Span<float>(Gradient + (long)row * Stride, Columns);
    }

    /// <summary>Lets the gradient stand in memory that someone else has filled.</summary>
    internal void TakeGradient(float* memory) => *_gradient = memory;

    /// <summary>A view of one row, as a matrix of one row.</summary>
    internal Matrix RowAt(int row) => new(Row(row), null, 1, Columns);

    internal float* Row(int row) => Data + (long)row * Stride;

    internal float* RowGradient(int row) => Gradient + (long)row * Stride;
}
