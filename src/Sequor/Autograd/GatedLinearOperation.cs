using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>
/// Gated linear unit (arXiv 2002.05202): y = activation(a) ⊙ b with x = [a, b], the output of one wide linear layer. SiLU makes
/// it SwiGLU, GELU makes it GeGLU.
/// </summary>
internal sealed unsafe class GatedLinearOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _y;
    private Activation _activation;
    private TokenBlocks _blocks;
    private bool _addsToInput;

    public GatedLinearOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Gates the second half of the columns of x (T, 2·C) by the first: (T, C).</summary>
    internal static Matrix Apply(Tape tape, Matrix x, Activation activation)
    {
        Debug.Assert(x.Columns % 2 == 0 && activation is Activation.Silu or Activation.Gelu, "two halves, and a gate of SiLU or GELU");
        var op = tape.Next<GatedLinearOperation>();
        (op._x, op._activation) = (x, activation);
        op._y = tape.Allocate(x.Rows, x.Columns / 2, clearGradient: false);
        op._blocks = TokenBlocks.Fine(x.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        _addsToInput = Tape.AddsToGradient(_x);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    // Halves that end within a register are copied to rows of their own, so that nothing is read or written past them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _y.Columns, stride = _y.Stride;
        bool apart = width != stride;
        float* copy = Halves(2, stride);
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* a = _x.Row(t), b = a + width, y = _y.Row(t);
            if (apart)
            {
                Layout.CopyRows<V, S>(a, width, copy, stride, 2, width);
                a = copy;
                b = copy + stride;
            }
            for (int c = 0; c < stride; c += S.Count)
            {
                Activate<V, S>(S.Load(a + c), out V gate, out _);
                S.Store(S.Multiply(gate, S.Load(b + c)), y + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _y.Columns, stride = _y.Stride;
        bool apart = width != stride;
        float* copy = Halves(4, stride), gradientCopy = copy + 2 * stride;
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* a = _x.Row(t), b = a + width, dx = _x.RowGradient(t), da = dx, db = dx + width, dy = _y.RowGradient(t);
            if (apart)
            {
                Layout.CopyRows<V, S>(a, width, copy, stride, 2, width);
                if (_addsToInput) Layout.CopyRows<V, S>(dx, width, gradientCopy, stride, 2, width);
                a = copy;
                b = copy + stride;
                da = gradientCopy;
                db = gradientCopy + stride;
            }
            for (int c = 0; c < stride; c += S.Count)
            {
                Activate<V, S>(S.Load(a + c), out V gate, out V slope);
                V g = S.Load(dy + c), aGradient = S.Multiply(S.Multiply(g, slope), S.Load(b + c)), bGradient = S.Multiply(g, gate);
                S.Store(_addsToInput ? S.Add(S.Load(da + c), aGradient) : aGradient, da + c);
                S.Store(_addsToInput ? S.Add(S.Load(db + c), bGradient) : bGradient, db + c);
            }
            if (!apart) continue;
            Layout.CopyRows<V, S>(gradientCopy, stride, dx, width, 2, width);
            new Span<float>(dx + 2 * width, _x.Stride - 2 * width).Clear();
        }
    }

    private static float* Halves(int count, int stride)
    {
        float* rows = Scratch.Take((long)count * stride);
        new Span<float>(rows, count * stride).Clear();
        return rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Activate<V, S>(V a, out V gate, out V slope) where V : struct where S : struct, ISimd<V>
    {
        V factor = _activation == Activation.Silu ? VectorMath<V, S>.Sigmoid(a) : VectorMath<V, S>.NormalCdf(a);
        gate = S.Multiply(a, factor);
        slope = _activation == Activation.Silu
            ? S.MultiplyAdd(gate, S.Subtract(S.Create(1f), factor), factor)
            : S.MultiplyAdd(a, VectorMath<V, S>.NormalDensity(a), factor);
    }
}
