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

    /// <summary>Gates the attention output (T, H·dv): (T, H·dv), or (T, 3·H·dv) when concatenated. The gradient of u's columns is assigned.</summary>
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
        float* product = Scratch.Take(2L * stride), normalized = product + stride;
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* u = _uvqk.Row(t), o = _output.Row(t);
            RowKernels<V, S>.Normalize(_attention.Row(t), normalized, width, stride, Epsilon, out _mean[t], out _inverseDeviation[t]);
            // Behind u's last column stands v, but n is zero there.
            for (int c = 0; c < stride; c += S.Count) S.Store(S.Multiply(S.Load(u + c), S.Load(normalized + c)), product + c);
            if (_concatenate)
            {
                new Span<float>(o, _output.Stride).Clear();
                new ReadOnlySpan<float>(u, width).CopyTo(new Span<float>(o, width));
                new ReadOnlySpan<float>(normalized, width).CopyTo(new Span<float>(o + width, width));
                new ReadOnlySpan<float>(product, width).CopyTo(new Span<float>(o + 2 * width, width));
            }
            else new ReadOnlySpan<float>(product, stride).CopyTo(new Span<float>(o, stride));
            if (_dropout.Active)
                for (int c = 0; c < _output.Stride; c += S.Count) S.Store(S.Multiply(S.Load(o + c), _dropout.Factors<V, S>(t, _output.Stride, c)), o + c);
        }
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns, stride = _attention.Stride;
        float* n = Scratch.Take(_output.Stride + (5L * stride)), dn = n + stride, du = dn + stride, d = du + stride;
        new Span<float>(d, _output.Stride + 2 * stride).Clear();
        float* dProduct = _concatenate ? d + 2 * width : d;
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* u = _uvqk.Row(t), dOutput = _output.RowGradient(t), uGradient = _uvqk.RowGradient(t);
            RowKernels<V, S>.Standardize(_attention.Row(t), n, width, stride, _mean[t], _inverseDeviation[t]);
            for (int c = 0; c < _output.Stride; c += S.Count)
                S.Store(_dropout.Active ? S.Multiply(S.Load(dOutput + c), _dropout.Factors<V, S>(t, _output.Stride, c)) : S.Load(dOutput + c), d + c);
            for (int c = 0; c < stride; c += S.Count)
            {
                V g = S.KeepFirst(S.Load(dProduct + c), width - c);
                V uPart = S.Multiply(g, S.Load(n + c)), nPart = S.Multiply(g, S.Load(u + c));
                if (_concatenate)
                {
                    uPart = S.KeepFirst(S.Add(uPart, S.Load(d + c)), width - c);
                    nPart = S.KeepFirst(S.Add(nPart, S.Load(d + width + c)), width - c);
                }
                S.Store(uPart, du + c);
                S.Store(nPart, dn + c);
            }
            new ReadOnlySpan<float>(du, width).CopyTo(new Span<float>(uGradient, width));
            RowKernels<V, S>.NormalizeBackward(dn, n, _inverseDeviation[t], _attention.RowGradient(t), width, stride, false);
        }
    }
}
