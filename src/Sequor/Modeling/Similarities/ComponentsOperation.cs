using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>
/// Puts one side of a mixture into rows: each component f_p of a projection (T, P·D), or of a table of users, as
/// scale · f_p / max(‖f_p‖, ε), padded to whole registers, then the side's part of the gate.
/// </summary>
internal sealed unsafe class ComponentsOperation : Operation
{
    private readonly Action<int> _forward, _backward;
    private Matrix[] _sources = new Matrix[4];
    private Matrix _y, _gate;
    private int _sourceCount, _dim, _stride, _gateColumn;
    private float _scale, _epsilon;
    private bool _normalizes, _hasGate, _addsToGate;
    private TokenBlocks _blocks;

    public ComponentsOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>
    /// Rows of <paramref name="width"/> floats. <paramref name="sources"/> each hold one or more components of <paramref name="dim"/> columns, side by side;
    /// <paramref name="epsilon"/> 0 leaves lengths as they are.
    /// </summary>
    internal static Matrix Apply(Tape tape, ReadOnlySpan<Matrix> sources, Matrix? gate, int dim, int gateColumn, int width, float scale, float epsilon)
    {
        var op = tape.Next<ComponentsOperation>();
        if (op._sources.Length < sources.Length) op._sources = new Matrix[sources.Length];
        sources.CopyTo(op._sources);
        op._sourceCount = sources.Length;
        (op._dim, op._stride, op._gateColumn, op._scale) = (dim, Simd.Pad(dim), gateColumn, scale);
        (op._normalizes, op._epsilon) = (epsilon > 0, epsilon);
        (op._hasGate, op._gate) = (gate.HasValue, gate ?? default);
        op._y = tape.Allocate(sources[0].Rows, width, clearGradient: false);
        op._blocks = TokenBlocks.Fine(op._y.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        for (int s = 0; s < _sourceCount; s++) Tape.BeginGradient(_sources[s]);
        if (_hasGate) _addsToGate = Tape.AddsToGradient(_gate);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    // Sources need not be whole registers wide, nor begin at one.
    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* y = _y.Row(t);
            for (int s = 0; s < _sourceCount; s++)
                for (int c = 0; c < _sources[s].Columns; c += _dim, y += _stride)
                {
                    new Span<float>(y, _stride).Clear();
                    Layout.ScaleRow<V, S>(1f, _sources[s].Row(t) + c, y, _dim);
                    Layout.ScaleRow<V, S>(_normalizes ? _scale * RowKernels<V, S>.InverseNorm(y, _stride, _epsilon) : _scale, y, y, _dim);
                }
            float* gate = _y.Row(t) + _gateColumn;
            int gateWidth = _y.Columns - _gateColumn;
            if (_hasGate) new ReadOnlySpan<float>(_gate.Row(t), gateWidth).CopyTo(new Span<float>(gate, gateWidth));
            else new Span<float>(gate, gateWidth).Clear();
        }
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        float* gradient = Scratch.Take(_stride);
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            float* y = _y.Row(t), dy = _y.RowGradient(t);
            for (int s = 0; s < _sourceCount; s++)
            {
                float* x = _sources[s].Row(t), dx = _sources[s].RowGradient(t);
                for (int c = 0; c < _sources[s].Columns; c += _dim, y += _stride, dy += _stride)
                {
                    float factor = _scale, projection = 0;
                    if (_normalizes)
                    {
                        new Span<float>(gradient, _stride).Clear();
                        Layout.ScaleRow<V, S>(1f, x + c, gradient, _dim);
                        float norm = MathF.Sqrt(RowKernels<V, S>.Dot(gradient, gradient, _stride)), inverse = 1f / MathF.Max(norm, _epsilon);
                        factor = _scale * inverse;
                        // Below ε the divisor is constant and nothing is projected out.
                        if (norm > _epsilon) projection = -RowKernels<V, S>.Dot(y, dy, _stride) * inverse / _scale;
                    }
                    V scale = S.Create(factor), along = S.Create(projection);
                    for (int i = 0; i < _stride; i += S.Count) S.Store(S.MultiplyAdd(along, S.Load(y + i), S.Multiply(scale, S.Load(dy + i))), gradient + i);
                    Layout.ScaleRow<V, S>(1f, gradient, dx + c, _dim);
                }
                for (int c = _sources[s].Columns; c < _sources[s].Stride; c++) dx[c] = 0;
            }
            if (!_hasGate) continue;
            float* dGate = _gate.RowGradient(t);
            for (int c = 0; c < _gate.Stride; c += S.Count)
            {
                V d = S.Load(_y.RowGradient(t) + _gateColumn + c);
                S.Store(_addsToGate ? S.Add(S.Load(dGate + c), d) : d, dGate + c);
            }
        }
    }
}
