using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>y = x / max(‖x‖, ε) a row.</summary>
internal sealed unsafe class L2NormOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _y;
    private float _epsilon;
    private TokenBlocks _blocks;
    private bool _addsToInput;

    public L2NormOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Normalises each row of x (T, D).</summary>
    internal static Matrix Apply(Tape tape, Matrix x, float epsilon)
    {
        var op = tape.Next<L2NormOperation>();
        op._x = x;
        op._epsilon = epsilon;
        op._y = tape.Allocate(x.Rows, x.Columns);
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
        {
            float* x = _x.Row(t), y = _y.Row(t);
            V scale = S.Create(RowKernels<V, S>.InverseNorm(x, _x.Stride, _epsilon));
            for (int c = 0; c < _x.Stride; c += S.Count) S.Store(S.Multiply(S.Load(x + c), scale), y + c);
        }
    }

    // Below ε the divisor is constant and nothing is projected out.
    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* x = _x.Row(t), y = _y.Row(t), dy = _y.RowGradient(t), dx = _x.RowGradient(t);
            float norm = MathF.Sqrt(RowKernels<V, S>.Dot(x, x, _x.Stride)), inverse = 1f / MathF.Max(norm, _epsilon);
            V scale = S.Create(inverse), shared = S.Create(norm > _epsilon ? -inverse * RowKernels<V, S>.Dot(y, dy, _x.Stride) : 0f);
            for (int c = 0; c < _x.Stride; c += S.Count)
            {
                V d = S.MultiplyAdd(S.Load(y + c), shared, S.Multiply(S.Load(dy + c), scale));
                S.Store(_addsToInput ? S.Add(S.Load(dx + c), d) : d, dx + c);
            }
        }
    }
}
