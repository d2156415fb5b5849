using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Encoders;

/// <summary>o = dropout(u ⊙ n), or dropout([u, n, u ⊙ n]), with n = LayerNorm(a) without affine; u are the first columns of uvqk.</summary>
internal sealed unsafe class HstuGateOperation : Operation
{
    private const float Epsilon = 1e-6f;
    private readonly Action<int> _forward, _backward;
    private Matrix _uvqk, _attention, _output;
    private bool _concatenate;
    private Dropout _dropout;
    private float* _mean, _inverseDeviation;
    private TokenBlocks _blocks;

    public HstuGateOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Gates the attention output (T, H·dv): (T, H·dv), or (T, 3·H·dv) when concatenated. The gradient of u's columns is assigned, before that of v's.</summary>
    internal static Matrix Apply(Tape tape, Matrix uvqk, Matrix attention, bool concatenate, double dropoutRate)
    {
        var op = tape.Next<HstuGateOperation>();
        (op._uvqk, op._attention, op._concatenate) = (uvqk, attention, concatenate);
        op._dropout = tape.NextDropout(dropoutRate);
        op._output = tape.Allocate(attention.Rows, attention.Columns * (concatenate ? 3 : 1), clearGradient: false);
        op._mean = tape.AllocateFloats(attention.Rows);
        op._inverseDeviation = tape.AllocateFloats(attention.Rows);
        op._blocks = TokenBlocks.Fine(attention.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._output;
    }

    internal override void Backward()
    {
        Tape.BeginGradient(_uvqk);
        Tape.BeginGradient(_attention);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns, stride = _attention.Stride;
        float* n = Scratch.Take(stride);
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* a = _attention.Row(t);
            RowKernels<V, S>.Statistics(a, width, stride, Epsilon, out _mean[t], out _inverseDeviation[t]);
            if (!_concatenate)
            {
                Gate<V, S>(t, a);
                continue;
            }
            RowKernels<V, S>.Standardize(a, n, width, stride, _mean[t], _inverseDeviation[t]);
            Concatenate<V, S>(t, n);
        }
    }

    // One pass: o = u ⊙ n ⊙ dropout.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Gate<V, S>(int t, float* a) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns, stride = _attention.Stride;
        float* u = _uvqk.Row(t), o = _output.Row(t);
        V mean = S.Create(_mean[t]), scale = S.Create(_inverseDeviation[t]);
        for (int c = 0; c < stride; c += S.Count)
        {
            V n = S.Multiply(S.Subtract(S.Load(a + c), mean), scale);
            // Behind u's last column stands v.
            if (c + S.Count > width) n = S.KeepFirst(n, Math.Max(width - c, 0));
            V gated = S.Multiply(S.Load(u + c), n);
            S.Store(_dropout.Active ? S.Multiply(gated, _dropout.Factors<V, S>(t, stride, c)) : gated, o + c);
        }
    }

    private void Concatenate<V, S>(int t, float* n) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns;
        float* u = _uvqk.Row(t), o = _output.Row(t);
        new Span<float>(o, _output.Stride).Clear();
        for (int c = 0; c < width; c++) (o[c], o[width + c], o[2 * width + c]) = (u[c], n[c], u[c] * n[c]);
        if (!_dropout.Active) return;
        for (int c = 0; c < _output.Stride; c += S.Count) S.Store(S.Multiply(S.Load(o + c), _dropout.Factors<V, S>(t, _output.Stride, c)), o + c);
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns, stride = _attention.Stride;
        float* n = Scratch.Take(2L * stride + _output.Stride), dn = n + stride, d = dn + stride;
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            if (!_concatenate)
            {
                GateBackward<V, S>(t, n, dn);
                continue;
            }
            RowKernels<V, S>.Standardize(_attention.Row(t), n, width, stride, _mean[t], _inverseDeviation[t]);
            Separate<V, S>(t, n, dn, d);
            RowKernels<V, S>.NormalizeBackward(dn, n, _inverseDeviation[t], _attention.RowGradient(t), width, stride, false);
        }
    }

    // With g = do ⊙ dropout:  du = g ⊙ n and dn = g ⊙ u, with the sums that the normalisation's gradient wants, in the pass that makes n again.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GateBackward<V, S>(int t, float* n, float* dn) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns, stride = _attention.Stride;
        float* a = _attention.Row(t), u = _uvqk.Row(t), dOutput = _output.RowGradient(t), uGradient = _uvqk.RowGradient(t);
        Dropout dropout = _dropout;
        bool drops = dropout.Active;
        V mean = S.Create(_mean[t]), scale = S.Create(_inverseDeviation[t]), sum = S.Zero, projection = S.Zero;
        for (int c = 0; c < stride; c += S.Count)
        {
            V g = S.Load(dOutput + c), normalized = S.Multiply(S.Subtract(S.Load(a + c), mean), scale);
            if (drops) g = S.Multiply(g, dropout.Factors<V, S>(t, stride, c));
            if (c + S.Count > width)
            {
                g = S.KeepFirst(g, Math.Max(width - c, 0));
                normalized = S.KeepFirst(normalized, Math.Max(width - c, 0));
            }
            // What this writes behind u's last column is v's, whose gradient the attention writes after this.
            S.Store(S.Multiply(g, normalized), uGradient + c);
            V d = S.Multiply(g, S.Load(u + c));
            S.Store(normalized, n + c);
            S.Store(d, dn + c);
            sum = S.Add(sum, d);
            projection = S.MultiplyAdd(d, normalized, projection);
        }
        RowKernels<V, S>.NormalizeBackward(sum, projection, dn, n, _inverseDeviation[t], _attention.RowGradient(t), width, stride, false);
    }

    private void Separate<V, S>(int t, float* n, float* dn, float* d) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns;
        float* u = _uvqk.Row(t), dOutput = _output.RowGradient(t), uGradient = _uvqk.RowGradient(t);
        for (int c = 0; c < _output.Stride; c += S.Count)
            S.Store(_dropout.Active ? S.Multiply(S.Load(dOutput + c), _dropout.Factors<V, S>(t, _output.Stride, c)) : S.Load(dOutput + c), d + c);
        new Span<float>(dn, _attention.Stride).Clear();
        for (int c = 0; c < width; c++)
            (uGradient[c], dn[c]) = (d[c] + (d[2 * width + c] * n[c]), d[width + c] + (d[2 * width + c] * u[c]));
    }
}
