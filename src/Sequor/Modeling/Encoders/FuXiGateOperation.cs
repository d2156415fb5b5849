using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Encoders;

/// <summary>y = dropout(u ⊙ RMSNorm(o)) with o the outputs of the attention channels side by side; u are the first columns of the projection.</summary>
internal sealed unsafe class FuXiGateOperation : Operation
{
    private const int MostChannels = 3;
    private readonly Action<int> _forward, _backward;
    private readonly Matrix[] _channels = new Matrix[MostChannels];
    private Matrix _projected, _y;
    private int _channelCount, _width;
    private float _epsilon;
    private Dropout _dropout;
    private TokenBlocks _blocks;

    public FuXiGateOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
    }

    /// <summary>
    /// Gates up to three channels (T, C): (T, channels · C). The gradient of u's columns is assigned, and that of the C columns behind
    /// them, the values, begins at zero: the channels add to it.
    /// </summary>
    internal static Matrix Apply(Tape tape, Matrix projected, ReadOnlySpan<Matrix> channels, float epsilon, double dropoutRate)
    {
        var op = tape.Next<FuXiGateOperation>();
        channels.CopyTo(op._channels);
        (op._projected, op._channelCount, op._width, op._epsilon) = (projected, channels.Length, channels[0].Columns, epsilon);
        op._dropout = tape.NextDropout(dropoutRate);
        op._y = tape.Allocate(projected.Rows, channels.Length * channels[0].Columns, clearGradient: false);
        op._blocks = TokenBlocks.Fine(projected.Rows);
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override void Backward()
    {
        Tape.BeginGradient(_projected);
        for (int channel = 0; channel < _channelCount; channel++) Tape.BeginGradient(_channels[channel]);
        Tape.Workers.Run(_blocks.Count, _backward);
    }

    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        float* o = TakeRow(1);
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            Gather<V, S>(t, o);
            float* u = _projected.Row(t), y = _y.Row(t);
            V inverse = S.Create(RmsNormOperation.InverseRms<V, S>(o, _y.Columns, _y.Stride, _epsilon));
            // Behind u's last column stand values; there o is zero.
            for (int c = 0; c < _y.Stride; c += S.Count)
                S.Store(S.Multiply(S.Multiply(S.Multiply(S.Load(u + c), S.Load(o + c)), inverse), _dropout.Factors<V, S>(t, _y.Stride, c)), y + c);
        }
    }

    private void Backward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        float* o = TakeRow(2), d = o + _y.Stride;
        var (first, end) = _blocks[piece];
        for (int t = first; t < end; t++)
        {
            Gather<V, S>(t, o);
            float* u = _projected.Row(t), dy = _y.RowGradient(t), du = _projected.RowGradient(t);
            float inverse = RmsNormOperation.InverseRms<V, S>(o, _y.Columns, _y.Stride, _epsilon);
            V scale = S.Create(inverse), sum = S.Zero;
            for (int c = 0; c < _y.Stride; c += S.Count)
            {
                V g = S.Multiply(S.Load(dy + c), _dropout.Factors<V, S>(t, _y.Stride, c)), value = S.Load(o + c);
                S.Store(S.Multiply(S.Multiply(g, value), scale), du + c);
                g = S.Multiply(g, S.Load(u + c));
                S.Store(g, d + c);
                sum = S.MultiplyAdd(g, value, sum);
            }
            new Span<float>(du + _y.Columns, _width).Clear();
            V projection = S.Create(-inverse * inverse * inverse * S.Sum(sum) / _y.Columns);
            for (int c = 0; c < _y.Stride; c += S.Count)
                S.Store(S.MultiplyAdd(projection, S.Load(o + c), S.Multiply(scale, S.Load(d + c))), d + c);
            for (int channel = 0; channel < _channelCount; channel++)
                Layout.ScaleRow<V, S>(1f, d + channel * _width, _channels[channel].RowGradient(t), _width);
        }
    }

    private void Gather<V, S>(int t, float* o) where V : struct where S : struct, ISimd<V>
    {
        for (int channel = 0; channel < _channelCount; channel++)
            Layout.ScaleRow<V, S>(1f, _channels[channel].Row(t), o + channel * _width, _width);
    }

    // The tail of a row stays zero.
    private float* TakeRow(int count)
    {
        float* rows = Scratch.Take((long)count * _y.Stride);
        new Span<float>(rows, count * _y.Stride).Clear();
        return rows;
    }
}
