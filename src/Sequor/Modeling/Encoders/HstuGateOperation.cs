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
        op._output = tape.Allocate(attention.Rows, attention.Columns * (concatenate ? 3 : 1));
        op._mean = tape.AllocateFloats(attention.Rows);
        op._inverseDeviation = tape.AllocateFloats(attention.Rows);
        op._blocks = TokenBlocks.Fine(attention.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._output;
    }

    internal override void Backward() => Tape.Workers.Run(_blocks.Count, _backward);

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns, stride = _attention.Stride;
        float* n = Scratch.Take(stride);
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* u = _uvqk.Row(t), o = _output.Row(t);
            RowKernels<V, S>.Normalize(_attention.Row(t), n, width, stride, Epsilon, out _mean[t], out _inverseDeviation[t]);
            if (_concatenate)
            {
                new Span<float>(o + 3 * width, _output.Stride - 3 * width).Clear();
                for (int c = 0; c < width; c++) (o[c], o[width + c], o[2 * width + c]) = (u[c], n[c], u[c] * n[c]);
                for (int c = 0; c < _output.Stride && _dropout.Active; c += S.Count) S.Store(S.Multiply(S.Load(o + c), _dropout.Factors<V, S>(t, _output.Stride, c)), o + c);
                continue;
            }
            // Behind u's last column stands v, but n is zero there.
            for (int c = 0; c < stride; c += S.Count)
                S.Store(S.Multiply(S.Multiply(S.Load(u + c), S.Load(n + c)), _dropout.Factors<V, S>(t, stride, c)), o + c);
        }
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _attention.Columns, stride = _attention.Stride;
        float* n = Scratch.Take(_output.Stride + (3L * stride)), dn = n + stride, d = dn + stride;
        new Span<float>(dn, stride).Clear();
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* u = _uvqk.Row(t), dOutput = _output.RowGradient(t), du = _uvqk.RowGradient(t);
            RowKernels<V, S>.Standardize(_attention.Row(t), n, width, stride, _mean[t], _inverseDeviation[t]);
            if (_concatenate)
            {
                for (int c = 0; c < _output.Stride; c += S.Count) S.Store(S.Multiply(S.Load(dOutput + c), _dropout.Factors<V, S>(t, _output.Stride, c)), d + c);
                for (int c = 0; c < width; c++)
                {
                    float product = d[2 * width + c];
                    (du[c], dn[c]) = (d[c] + product * n[c], d[width + c] + product * u[c]);
                }
            }
            else
            {
                for (int c = 0; c < stride; c += S.Count)
                {
                    // The padding of dOutput is nobody's; v's gradient stands behind u's and stays.
                    V g = S.KeepFirst(S.Multiply(S.Load(dOutput + c), _dropout.Factors<V, S>(t, stride, c)), width - c);
                    S.Store(S.Multiply(g, S.Load(u + c)), dn + c);
                    bool whole = c + S.Count <= width;
                    S.Store(S.Multiply(g, S.Load(n + c)), whole ? du + c : d);
                    for (int tail = c; tail < width && !whole; tail++) du[tail] = d[tail - c];
                }
            }
            RowKernels<V, S>.NormalizeBackward(dn, n, _inverseDeviation[t], _attention.RowGradient(t), width, stride, false);
        }
    }
}
