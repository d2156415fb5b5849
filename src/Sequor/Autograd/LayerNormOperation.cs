using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>y = (x − mean) / √(variance + ε) a row, without affine parameters.</summary>
internal sealed unsafe class LayerNormOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _y;
    private float _epsilon;
    private float* _inverseDeviation;
    private TokenBlocks _blocks;
    private bool _addsToInput;

    public LayerNormOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Normalises each row of x (T, D).</summary>
    internal static Matrix Apply(Tape tape, Matrix x, float epsilon)
    {
        var op = tape.Next<LayerNormOperation>();
        op._x = x;
        op._epsilon = epsilon;
        op._y = tape.Allocate(x.Rows, x.Columns);
        op._inverseDeviation = tape.AllocateFloats(x.Rows);
        op._blocks = TokenBlocks.Fine(x.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        _addsToInput = Tape.AddsToGradient(_x);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
            RowKernels<V, S>.Normalize(_x.Row(t), _y.Row(t), _x.Columns, _x.Stride, _epsilon, out _, out _inverseDeviation[t]);
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
            RowKernels<V, S>.NormalizeBackward(_y.RowGradient(t), _y.Row(t), _inverseDeviation[t], _x.RowGradient(t), _x.Columns, _x.Stride, _addsToInput);
    }
}
