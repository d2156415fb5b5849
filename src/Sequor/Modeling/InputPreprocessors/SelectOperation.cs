using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.InputPreprocessors;

/// <summary>y[t] = the first columns of the last of each <c>step</c> rows of x.</summary>
internal sealed unsafe class SelectOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _y;
    private TokenBlocks _blocks;
    private int _step;
    private bool _addsToInput;

    public SelectOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Selects from x (T · <paramref name="step"/>, at least <paramref name="columns"/>): (T, <paramref name="columns"/>).</summary>
    internal static Matrix Apply(Tape tape, Matrix x, int step, int columns)
    {
        var op = tape.Next<SelectOperation>();
        (op._x, op._step) = (x, step);
        op._y = tape.Allocate(x.Rows / step, columns, clearGradient: false);
        op._blocks = TokenBlocks.Fine(op._y.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        _addsToInput = Tape.AddsToGradient(_x);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    private int Source(int row) => (row + 1) * _step - 1;

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* x = _x.Row(Source(t)), y = _y.Row(t);
            for (int c = 0; c < _y.Stride; c += S.Count) S.Store(S.KeepFirst(S.Load(x + c), Math.Max(_y.Columns - c, 0)), y + c);
        }
    }

    // Rows and columns that were not selected have no gradient.
    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        if (!_addsToInput) new Span<float>(_x.RowGradient(first * _step), (end - first) * _step * _x.Stride).Clear();
        for (int t = first; t < end; t++) RowKernels<V, S>.Add(_y.RowGradient(t), _x.RowGradient(Source(t)), _y.Stride);
    }
}
