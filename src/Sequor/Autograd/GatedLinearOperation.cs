using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>y = act(a) ⊙ b, a and b the two halves of the columns: a gated linear unit behind its projection.</summary>
internal sealed unsafe class GatedLinearOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _y;
    private Activation _activation;
    private TokenBlocks _blocks;

    public GatedLinearOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>x (T, 2·C) → (T, C); the activation is <see cref="Activation.Silu"/> or <see cref="Activation.Gelu"/>.</summary>
    internal static Matrix Apply(Tape tape, Matrix x, Activation activation)
    {
        var op = tape.Next<GatedLinearOperation>();
        op._x = x;
        op._activation = activation;
        op._y = tape.Allocate(x.Rows, x.Columns / 2, clearGradient: false);
        op._blocks = TokenBlocks.Fine(x.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        Tape.BeginGradient(_x);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* a = _x.Row(t), b = a + _y.Columns, y = _y.Row(t);
            for (int c = 0; c < _y.Columns; c += S.Count)
            {
                Slope<V, S>(S.Load(a + c), out V active);
                S.Store(S.KeepFirst(S.Multiply(active, S.Load(b + c)), _y.Columns - c), y + c);
            }
            for (int c = (_y.Columns + S.Count - 1) / S.Count * S.Count; c < _y.Stride; c++) y[c] = 0;
        }
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        float* memory = Scratch.Take(2L * _y.Stride), da = memory, db = da + _y.Stride;
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* a = _x.Row(t), b = a + _y.Columns, dy = _y.RowGradient(t), dx = _x.RowGradient(t);
            for (int c = 0; c < _y.Columns; c += S.Count)
            {
                V d = S.Load(dy + c), slope = Slope<V, S>(S.Load(a + c), out V active);
                S.Store(S.Multiply(S.Multiply(d, S.Load(b + c)), slope), da + c);
                S.Store(S.Multiply(d, active), db + c);
            }
            Layout.ScaleRow<V, S>(1f, da, dx, _y.Columns);
            Layout.ScaleRow<V, S>(1f, db, dx + _y.Columns, _y.Columns);
            for (int c = 2 * _y.Columns; c < _x.Stride; c++) dx[c] = 0;
        }
    }

    private V Slope<V, S>(V a, out V active) where V : struct where S : struct, ISimd<V>
    {
        if (_activation == Activation.Gelu)
        {
            V cdf = VectorMath<V, S>.NormalCdf(a);
            active = S.Multiply(a, cdf);
            return S.MultiplyAdd(a, VectorMath<V, S>.NormalDensity(a), cdf);
        }
        V sigmoid = VectorMath<V, S>.Sigmoid(a);
        active = S.Multiply(a, sigmoid);
        return S.MultiplyAdd(active, S.Subtract(S.Create(1f), sigmoid), sigmoid);
    }
}
