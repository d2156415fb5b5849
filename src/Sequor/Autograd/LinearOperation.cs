using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>What a linear layer computes: y = dropout(activation(x̂·W + b)) + residual, with x̂ = x or LayerNorm(x).</summary>
internal readonly struct LinearLayer
{
    /// <summary>Weights (in, out), or (out, in) as torch.nn.Linear keeps them.</summary>
    internal required Parameter Weight { get; init; }

    internal Parameter? Bias { get; init; }

    /// <summary>Whether <see cref="Weight"/> is (out, in).</summary>
    internal bool OutputMajor { get; init; }

    /// <summary>First of the outputs to compute, for a weight that stacks several projections (output-major only).</summary>
    internal int FirstOutput { get; init; }

    /// <summary>Number of outputs to compute; 0 for all.</summary>
    internal int OutputCount { get; init; }

    internal Activation Activation { get; init; }

    /// <summary>ε of a layer norm in front of the product; 0 for none.</summary>
    internal float NormalizeEpsilon { get; init; }

    internal double DropoutRate { get; init; }
}

/// <summary>A linear layer with what stands before and behind it in one pass over the tokens.</summary>
/// <remarks>
/// Pieces of up to 128 tokens: normalise, multiply, activate while the piece is in L2. Backward keeps one partial weight gradient a
/// piece-group (at most 16, a function of T) and adds them in order.
/// </remarks>
internal sealed unsafe class LinearOperation : Operation
{
    private const int Tile = 96;
    private readonly Action<int> _forward, _backward, _reduce;
    private LinearLayer _layer;
    private Matrix _x, _y, _residual;
    private bool _hasResidual, _inputWantsGradient, _addsToInput, _addsToResidual;
    private Dropout _dropout;
    private TokenBlocks _blocks, _partialBlocks;
    private int _outputs, _outputStride;
    private float* _weight, _weightTransposed, _slope, _mean, _inverseDeviation, _partials;
    private long _partialSize;

    public LinearOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _backward = Choose(Backward<Vector512<float>, Simd512>, Backward<Vector256<float>, Simd256>, Backward<Vector128<float>, Simd128>);
        _reduce = Choose(Reduce<Vector512<float>, Simd512>, Reduce<Vector256<float>, Simd256>, Reduce<Vector128<float>, Simd128>);
    }

    /// <summary>Applies the layer to x (T, in), adding <paramref name="residual"/> (T, out) if given.</summary>
    internal static Matrix Apply(Tape tape, Matrix x, in LinearLayer layer, Matrix? residual = null)
    {
        var op = tape.Next<LinearOperation>();
        op._layer = layer;
        op._x = x;
        op._hasResidual = residual.HasValue;
        op._residual = residual ?? default;
        op._inputWantsGradient = x.HasGradient;
        op._dropout = tape.NextDropout(layer.DropoutRate);
        op._blocks = TokenBlocks.Fine(x.Rows);
        Matrix w = layer.Weight.Value;
        op._outputs = layer.OutputCount > 0 ? layer.OutputCount : layer.OutputMajor ? w.Rows : w.Columns;
        op._outputStride = Simd.Pad(op._outputs);
        op._y = tape.Allocate(x.Rows, op._outputs, clearGradient: false);
        bool activated = layer.Activation != Activation.None;
        op._slope = tape.Differentiates && activated ? tape.AllocateFloats(op._y.Size) : null;
        op._mean = tape.AllocateFloats(x.Rows);
        op._inverseDeviation = tape.AllocateFloats(x.Rows);
        op.PrepareWeights();
        tape.Workers.Run(op._blocks.Count, op._forward);
        return op._y;
    }

    internal override Parameter Weights => _layer.Weight;

    internal override long ForwardFlops => 2L * _x.Rows * _x.Columns * _outputs;

    internal override long BackwardFlops => (_inputWantsGradient ? 2 : 1) * ForwardFlops;

    internal override void Backward()
    {
        // The residual first: it may be x itself.
        if (_hasResidual) _addsToResidual = Tape.AddsToGradient(_residual);
        if (_inputWantsGradient) _addsToInput = Tape.AddsToGradient(_x);
        _partialBlocks = TokenBlocks.Partials(_x.Rows);
        Matrix w = _layer.Weight.Value;
        int gradientRows = _layer.OutputMajor ? _outputs : w.Rows;
        _partialSize = (long)gradientRows * w.Stride + _outputStride;
        _partials = Tape.AllocateFloats(_partialSize * _partialBlocks.Count, clear: true);
        Tape.Workers.Run(_partialBlocks.Count, _backward);
        Tape.Workers.Run(Math.Min(16, gradientRows + 1), _reduce);
    }

    // The product needs W as (in, out) and its transpose for the gradient of x; one of them is the parameter itself.
    private void PrepareWeights()
    {
        Matrix w = _layer.Weight.Value;
        if (_layer.OutputMajor)
        {
            float* slice = w.Row(_layer.FirstOutput);
            _weightTransposed = slice;
            _weight = Tape.AllocateFloats((long)w.Columns * _outputStride);
            Layout.Transpose(slice, w.Stride, _weight, _outputStride, _outputs, w.Columns);
        }
        else
        {
            _weight = w.Data;
            _weightTransposed = null;
            if (!Tape.Differentiates) return;
            _weightTransposed = Tape.AllocateFloats((long)w.Columns * _x.Stride);
            Layout.Transpose(w.Data, w.Stride, _weightTransposed, _x.Stride, w.Rows, w.Columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _blocks[piece];
        int rows = end - first, inputs = _x.Columns;
        float* input = _x.Row(first);
        if (_layer.NormalizeEpsilon > 0)
        {
            input = Scratch.Take((long)rows * _x.Stride);
            for (int t = 0; t < rows; t++)
                RowKernels<V, S>.Normalize(_x.Row(first + t), input + t * _x.Stride, inputs, _x.Stride, _layer.NormalizeEpsilon, out _mean[first + t], out _inverseDeviation[first + t]);
        }
        MatrixMultiply.Run(input, _x.Stride, 1, _weight, _outputStride, _y.Row(first), _outputStride, rows, inputs, _outputStride, false);
        switch (_layer.Activation)
        {
            case Activation.Silu: Finish<V, S, Silu<V, S>>(first, end); break;
            case Activation.Relu: Finish<V, S, Relu<V, S>>(first, end); break;
            case Activation.Gelu: Finish<V, S, Gelu<V, S>>(first, end); break;
            default:
                if (_layer.Bias is not null || _hasResidual || _dropout.Active) Finish<V, S, Identity<V, S>>(first, end);
                break;
        }
    }

    // y = dropout(activation(y + b)) + residual in place; leaves the slope of the first two.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish<V, S, A>(int first, int end) where V : struct where S : struct, ISimd<V> where A : struct, IActivation<V, S>
    {
        int outputs = _outputs, stride = _outputStride;
        float* bias = _layer.Bias is null ? null : _layer.Bias.Value.Data + _layer.FirstOutput;
        Dropout dropout = _dropout;
        bool drops = dropout.Active, addsResidual = _hasResidual;
        for (int t = first; t < end; t++)
        {
            float* y = _y.Row(t), slope = _slope == null ? null : _slope + (long)t * stride, residual = addsResidual ? _residual.Row(t) : null;
            for (int c = 0; c < stride; c += S.Count)
            {
                V h = S.Load(y + c);
                if (bias != null) h = S.Add(h, c + S.Count > outputs ? S.KeepFirst(S.Load(bias + c), outputs - c) : S.Load(bias + c));
                h = A.Apply(h, out V derivative);
                if (drops)
                {
                    V factors = dropout.Factors<V, S>(t, stride, c);
                    h = S.Multiply(h, factors);
                    derivative = S.Multiply(derivative, factors);
                }
                if (slope != null) S.Store(derivative, slope + c);
                if (addsResidual) h = S.Add(h, S.Load(residual + c));
                S.Store(h, y + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Backward<V, S>(int partial) where V : struct where S : struct, ISimd<V>
    {
        Matrix w = _layer.Weight.Value;
        float* weightGradient = _partials + partial * _partialSize, biasGradient = weightGradient + _partialSize - _outputStride;
        float* output = Scratch.Take((long)Tile * (_outputStride + 2 * _x.Stride)), input = output + Tile * _outputStride, inputGradient = input + Tile * _x.Stride;
        var (start, end) = _partialBlocks[partial];
        for (int first = start; first < end; first += Tile)
        {
            int rows = Math.Min(Tile, end - first);
            OutputGradient<V, S>(first, rows, output, biasGradient);
            float* x = _x.Row(first);
            bool normalized = _layer.NormalizeEpsilon > 0;
            if (normalized)
            {
                for (int t = 0; t < rows; t++)
                    RowKernels<V, S>.Standardize(_x.Row(first + t), input + t * _x.Stride, _x.Columns, _x.Stride, _mean[first + t], _inverseDeviation[first + t]);
                x = input;
            }
            if (_layer.OutputMajor) MatrixMultiply.Run(output, 1, _outputStride, x, _x.Stride, weightGradient, w.Stride, _outputs, rows, w.Stride, true);
            else MatrixMultiply.Run(x, 1, _x.Stride, output, _outputStride, weightGradient, w.Stride, w.Rows, rows, w.Stride, true);
            if (!_inputWantsGradient) continue;
            if (!normalized)
            {
                MatrixMultiply.Run(output, _outputStride, 1, _weightTransposed, _x.Stride, _x.RowGradient(first), _x.Stride, rows, _outputs, _x.Stride, _addsToInput);
                continue;
            }
            MatrixMultiply.Run(output, _outputStride, 1, _weightTransposed, _x.Stride, inputGradient, _x.Stride, rows, _outputs, _x.Stride, false);
            for (int t = 0; t < rows; t++)
                RowKernels<V, S>.NormalizeBackward(inputGradient + t * _x.Stride, input + t * _x.Stride, _inverseDeviation[first + t], _x.RowGradient(first + t), _x.Columns, _x.Stride, _addsToInput);
        }
    }

    // d = dy ⊙ dropout ⊙ activation'; also the residual's share and the sums for the bias.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void OutputGradient<V, S>(int first, int rows, float* output, float* biasGradient) where V : struct where S : struct, ISimd<V>
    {
        int outputs = _outputs, stride = _outputStride;
        Dropout dropout = _dropout;
        bool drops = _slope == null && dropout.Active, hasBias = _layer.Bias is not null;
        for (int t = first; t < first + rows; t++)
        {
            float* dy = _y.RowGradient(t), d = output + (t - first) * stride, slope = _slope == null ? null : _slope + (long)t * stride;
            float* residual = _hasResidual ? _residual.RowGradient(t) : null;
            for (int c = 0; c < stride; c += S.Count)
            {
                // The padding of a gradient that heads write column by column is undefined.
                V g = S.Load(dy + c);
                if (c + S.Count > outputs) g = S.KeepFirst(g, Math.Max(outputs - c, 0));
                if (residual != null) S.Store(_addsToResidual ? S.Add(S.Load(residual + c), g) : g, residual + c);
                if (slope != null) g = S.Multiply(g, S.Load(slope + c));
                else if (drops) g = S.Multiply(g, dropout.Factors<V, S>(t, stride, c));
                S.Store(g, d + c);
                if (hasBias) S.Store(S.Add(S.Load(biasGradient + c), g), biasGradient + c);
            }
        }
    }

    // Piece p of the reduction adds rows p, p + 16, … of the partial gradients, in order; the row behind the last is the bias.
    private void Reduce<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        Matrix w = _layer.Weight.Value;
        int gradientRows = _layer.OutputMajor ? _outputs : w.Rows;
        for (int row = piece; row <= gradientRows; row += 16)
        {
            bool isBias = row == gradientRows;
            if (isBias && _layer.Bias is null) continue;
            for (int p = 0; p < _partialBlocks.Count; p++)
            {
                float* part = _partials + p * _partialSize + (long)row * w.Stride;
                if (!isBias) RowKernels<V, S>.Add(part, w.RowGradient(_layer.FirstOutput + row), w.Stride);
                else
                {
                    float* target = _layer.Bias!.Value.Gradient + _layer.FirstOutput;
                    for (int c = 0; c < _outputs; c++) target[c] += part[c];
                }
            }
        }
    }
}
