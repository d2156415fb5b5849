using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>y = x ⊙ mask / (1 − rate), in front of a layer.</summary>
internal sealed unsafe class DropoutOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _y;
    private Dropout _dropout;
    private TokenBlocks _blocks;
    private int* _numbers;
    private bool _addsToInput;

    public DropoutOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>
    /// Drops entries of x; x itself where the step or the rate drops nothing. Rows have the mask of their number where <paramref name="numbers"/> (rows,
    /// standing until the next step) names them, else of their place.
    /// </summary>
    internal static Matrix Apply(Tape tape, Matrix x, double rate, int* numbers = null)
    {
        if (!tape.DropsOut || rate <= 0) return x;
        var op = tape.Next<DropoutOperation>();
        op._x = x;
        op._numbers = numbers;
        op._dropout = tape.NextDropout(rate);
        op._y = tape.Allocate(x.Rows, x.Columns, clearGradient: false);
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
            for (int c = 0; c < _x.Stride; c += S.Count)
                S.Store(S.Multiply(S.Load(_x.Row(t) + c), _dropout.Factors<V, S>(NumberOf(t), _x.Stride, c)), _y.Row(t) + c);
    }

    private int NumberOf(int row) => _numbers == null ? row : _numbers[row];

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* dx = _x.RowGradient(t), dy = _y.RowGradient(t);
            for (int c = 0; c < _x.Stride; c += S.Count)
            {
                V d = S.Multiply(S.Load(dy + c), _dropout.Factors<V, S>(NumberOf(t), _x.Stride, c));
                S.Store(_addsToInput ? S.Add(S.Load(dx + c), d) : d, dx + c);
            }
        }
    }
}
