using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>y = dropout(x / √(mean x² + ε)) a row, without affine parameters (arXiv 1910.07467).</summary>
internal sealed unsafe class RmsNormOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _y;
    private float _epsilon;
    private Dropout _dropout;
    private TokenBlocks _blocks;
    private bool _addsToInput;

    public RmsNormOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Normalises each row of x (T, D).</summary>
    internal static Matrix Apply(Tape tape, Matrix x, float epsilon, double dropoutRate)
    {
        var op = tape.Next<RmsNormOperation>();
        (op._x, op._epsilon) = (x, epsilon);
        op._dropout = tape.NextDropout(dropoutRate);
        op._y = tape.Allocate(x.Rows, x.Columns, clearGradient: false);
        op._blocks = TokenBlocks.Fine(x.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    /// <summary>1 / √(mean x² + ε) of a row of <paramref name="columns"/> floats in <paramref name="padded"/>, whose tail is zero.</summary>
    internal static float InverseRms<V, S>(float* x, int columns, int padded, float epsilon) where V : struct where S : struct, ISimd<V> =>
        1f / MathF.Sqrt(RowKernels<V, S>.Dot(x, x, padded) / columns + epsilon);

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
            V inverse = S.Create(InverseRms<V, S>(x, _x.Columns, _x.Stride, _epsilon));
            for (int c = 0; c < _x.Stride; c += S.Count)
                S.Store(S.Multiply(S.Multiply(S.Load(x + c), inverse), _dropout.Factors<V, S>(t, _x.Stride, c)), y + c);
        }
    }

    // dx = (g − x · ⟨g, x⟩ / (D·ms)) / √ms with ms = mean x² + ε and g the gradient behind the dropout.
    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        float* g = Scratch.Take(_x.Stride);
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* x = _x.Row(t), dx = _x.RowGradient(t), dy = _y.RowGradient(t);
            for (int c = 0; c < _x.Stride; c += S.Count) S.Store(S.Multiply(S.Load(dy + c), _dropout.Factors<V, S>(t, _x.Stride, c)), g + c);
            float inverse = InverseRms<V, S>(x, _x.Columns, _x.Stride, _epsilon);
            V scale = S.Create(inverse), projection = S.Create(-inverse * inverse * inverse * RowKernels<V, S>.Dot(g, x, _x.Stride) / _x.Columns);
            for (int c = 0; c < _x.Stride; c += S.Count)
            {
                V d = S.MultiplyAdd(projection, S.Load(x + c), S.Multiply(scale, S.Load(g + c)));
                S.Store(_addsToInput ? S.Add(S.Load(dx + c), d) : d, dx + c);
            }
        }
    }
}
