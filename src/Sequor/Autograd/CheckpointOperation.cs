using System.Runtime.InteropServices;

namespace Sequor.Autograd;

/// <summary>
/// A part of the forward pass that is not kept: it runs on a tape of its own, whose memory the next part takes over, and runs again when backward
/// comes to it. Costs one more forward pass of the part; dropout finds the same masks.
/// </summary>
/// <remarks>
/// A part that treats each row for itself can run slice by slice, so that only one slice's activations stand at a time. A part may not look up rows of
/// a table, as their gradient is read after backward. Its weights' gradients go where they always go.
/// </remarks>
internal sealed unsafe class CheckpointOperation : Operation
{
    private Matrix _x, _y;
    private Func<Tape, object?, Matrix, Matrix> _part = null!;
    private object? _context;
    private float** _sliceGradient;
    private int _rowsAtOnce, _dropoutBase;
    private uint _firstRow;
    private long _forwardFlops, _backwardFlops;

    /// <summary>
    /// Applies a part to x (T, …), at most <paramref name="rowsAtOnce"/> rows at a time where it takes any, to (T, <paramref name="columns"/>). The delegate should be made once: a
    /// step allocates nothing.
    /// </summary>
    internal static Matrix Apply(Tape tape, Matrix x, int columns, object? context, Func<Tape, object?, Matrix, Matrix> part, int rowsAtOnce = int.MaxValue)
    {
        if (!tape.Differentiates) return part(tape, context, x);
        var op = tape.Next<CheckpointOperation>();
        (op._x, op._context, op._part, op._rowsAtOnce) = (x, context, part, rowsAtOnce);
        (op._dropoutBase, op._firstRow) = (tape.NextDropoutBase, tape.FirstRow);
        op._sliceGradient = (float**)tape.AllocateFloats(1, clear: true);
        op._y = tape.Allocate(x.Rows, columns, clearGradient: false);
        op._forwardFlops = op._backwardFlops = 0;
        for (int first = 0; first < x.Rows; first = op.EndOf(first))
        {
            Matrix y = op.Run(first);
            Buffer.MemoryCopy(y.Data, op._y.Row(first), y.Size * sizeof(float), y.Size * sizeof(float));
            op._forwardFlops += tape.Inner.ForwardFlops;
            op._backwardFlops += tape.Inner.ForwardFlops + tape.Inner.BackwardFlops;
        }
        return op._y;
    }

    internal override long ForwardFlops => _forwardFlops;

    internal override long BackwardFlops => _backwardFlops;

    internal override void Backward()
    {
        // The part then only ever adds: its own tape would give the gradient memory that does not last.
        if (!Tape.AddsToGradient(_x)) NativeMemory.Clear(_x.Gradient, (nuint)_x.Size * sizeof(float));
        for (int first = 0; first < _x.Rows; first = EndOf(first))
        {
            *_sliceGradient = _x.RowGradient(first);
            Run(first).TakeGradient(_y.RowGradient(first));
            Tape.Inner.Backward();
        }
    }

    // Slices are those of the whole batch, also where the rows are a share of it.
    private int EndOf(int first) =>
        _rowsAtOnce == int.MaxValue ? _x.Rows : (int)Math.Min(_x.Rows, first + _rowsAtOnce - (first + (long)_firstRow) % _rowsAtOnce);

    // Each slice has masks of its own.
    private Matrix Run(int first)
    {
        long row = first + (long)_firstRow;
        bool sliced = _rowsAtOnce < int.MaxValue;
        int slice = sliced ? (int)(row / _rowsAtOnce) : 0;
        Tape.Inner.BeginPart(Tape, _dropoutBase + (slice << 8), sliced ? (uint)(row % _rowsAtOnce) : _firstRow);
        return _part(Tape.Inner, _context, new Matrix(_x.Row(first), _sliceGradient, EndOf(first) - first, _x.Columns));
    }
}
