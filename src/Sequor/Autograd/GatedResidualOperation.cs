using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>y = x + σ(g) ⊙ m: a residual connection that lets through what its gate allows.</summary>
internal sealed unsafe class GatedResidualOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix _x, _gate, _update, _y;
    private TokenBlocks _blocks;
    private bool _addsToInput;

    public GatedResidualOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>Adds the update, gated by logits, to x; all (T, D). Gradients of gate and update are assigned: nothing else may read these two.</summary>
    internal static Matrix Apply(Tape tape, Matrix x, Matrix gate, Matrix update)
    {
        var op = tape.Next<GatedResidualOperation>();
        (op._x, op._gate, op._update) = (x, gate, update);
        op._y = tape.Allocate(x.Rows, x.Columns, clearGradient: false);
        op._blocks = TokenBlocks.Fine(x.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        Tape.BeginGradient(_gate);
        Tape.BeginGradient(_update);
        _addsToInput = Tape.AddsToGradient(_x);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* x = _x.Row(t), gate = _gate.Row(t), update = _update.Row(t), y = _y.Row(t);
            for (int c = 0; c < _x.Stride; c += S.Count)
                S.Store(S.MultiplyAdd(VectorMath<V, S>.Sigmoid(S.Load(gate + c)), S.Load(update + c), S.Load(x + c)), y + c);
        }
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        V one = S.Create(1f);
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* gate = _gate.Row(t), update = _update.Row(t), dy = _y.RowGradient(t), dx = _x.RowGradient(t), dGate = _gate.RowGradient(t), dUpdate = _update.RowGradient(t);
            for (int c = 0; c < _x.Stride; c += S.Count)
            {
                V g = S.Load(dy + c), sigmoid = VectorMath<V, S>.Sigmoid(S.Load(gate + c)), through = S.Multiply(g, sigmoid);
                S.Store(through, dUpdate + c);
                S.Store(S.Multiply(S.Multiply(through, S.Subtract(one, sigmoid)), S.Load(update + c)), dGate + c);
                S.Store(_addsToInput ? S.Add(S.Load(dx + c), g) : g, dx + c);
            }
        }
    }
}
