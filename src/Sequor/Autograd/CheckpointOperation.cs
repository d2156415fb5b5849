using System.Runtime.InteropServices;

namespace Sequor.Autograd;

/// <summary>
/// A part of the forward pass that is not kept: it runs on a tape of its own, whose memory the next part takes over, and runs again when backward
/// comes to it. Costs one more forward pass of the part; dropout finds the same masks.
/// </summary>
/// <remarks>
/// A part may not look up rows of a table, as their gradient is read after backward. Its weights' gradients go where they always go.
/// </remarks>
internal sealed unsafe class CheckpointOperation : Operation
{
    private Matrix _x, _y;
    private Func<Tape, object?, Matrix, Matrix> _part = null!;
    private object? _context;
    private int _dropoutBase;
    private long _forwardFlops, _backwardFlops;

    /// <summary>Applies a part to x (T, …). The delegate should be made once: a step allocates nothing.</summary>
    internal static Matrix Apply(Tape tape, Matrix x, object? context, Func<Tape, object?, Matrix, Matrix> part)
    {
        if (!tape.Differentiates) return part(tape, context, x);
        var op = tape.Next<CheckpointOperation>();
        (op._x, op._context, op._part) = (x, context, part);
        op._dropoutBase = tape.NextDropoutBase;
        Matrix y = op.Run();
        (op._forwardFlops, op._backwardFlops) = (tape.Inner.ForwardFlops, tape.Inner.ForwardFlops + tape.Inner.BackwardFlops);
        op._y = tape.Allocate(y.Rows, y.Columns, clearGradient: false);
        Buffer.MemoryCopy(y.Data, op._y.Data, y.Size * sizeof(float), y.Size * sizeof(float));
        return op._y;
    }

    internal override long ForwardFlops => _forwardFlops;

    internal override long BackwardFlops => _backwardFlops;

    internal override void Backward()
    {
        // The part then only ever adds: its own tape would give the gradient memory that does not last.
        if (!Tape.AddsToGradient(_x)) NativeMemory.Clear(_x.Gradient, (nuint)_x.Size * sizeof(float));
        Matrix y = Run();
        y.TakeGradient(_y.Gradient);
        Tape.Inner.Backward();
    }

    private Matrix Run()
    {
        Tape.Inner.BeginPart(Tape, _dropoutBase);
        return _part(Tape.Inner, _context, _x);
    }
}
