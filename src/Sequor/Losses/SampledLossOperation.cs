using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Losses;

/// <summary>Settings of a loss on a positive and R sampled negatives a token.</summary>
internal readonly record struct SampledLoss
{
    internal required LossKind Kind { get; init; }
    internal required float Temperature { get; init; }
    internal bool NormalizeItems { get; init; }
    internal float Epsilon { get; init; }

    /// <summary>For parity tests alone: the reference's BCE takes the positive as it is even where negatives are normalised; ours normalises both.</summary>
    internal bool RawPositive { get; init; }
}

/// <summary>
/// Sampled softmax, −log softmax[positive] over the positive and R negatives (a negative equal to the positive does not count), or
/// binary cross entropy with one negative; logits are ⟨state, item⟩ / temperature.
/// </summary>
/// <remarks>
/// One pass: gather each sampled row, dot product, loss, coefficient of every pair, gradient of the state. What remains for the table
/// is one coefficient a pair, T × (R + 1) floats; no T × R × D array exists. 4·T·(R + 1)·D FLOPs forward, 2·T·(R + 1)·D for the table.
/// </remarks>
internal sealed unsafe class SampledLossOperation : Operation
{
    private const float SamePenalty = -5e4f;
    private readonly Action<int> _forward, _norms;
    private readonly RowGradient _positiveGradient = new(), _tableGradient = new();
    private Parameter _table = null!;
    private Matrix _states;
    private SampledLoss _loss;
    private int[] _ids = [];
    private float[] _weights = [];
    private double[] _pieceLoss = [];
    private int _samples;
    private float _scale;
    private float* _coefficients, _inverseNorms;
    private TokenBlocks _blocks, _tableBlocks;

    public SampledLossOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _norms = Choose(Norms<Vector512<float>, Simd512>, Norms<Vector256<float>, Simd256>, Norms<Vector128<float>, Simd128>);
    }

    /// <summary>The loss; its gradient is added to the states and, on <see cref="Tape.Backward"/>, to the table.</summary>
    internal static double Apply(Tape tape, Parameter table, in NextItemBatch batch, ReadOnlySpan<int> negatives, in SampledLoss loss)
    {
        var op = tape.Next<SampledLossOperation>();
        op._table = table;
        op._states = batch.States;
        op._loss = loss;
        int tokens = batch.Targets.Length, r = negatives.Length / Math.Max(tokens, 1);
        op._samples = r + 1;
        op.CopyInputs(batch, negatives, r);
        op._blocks = TokenBlocks.Fine(tokens);
        if (op._pieceLoss.Length < op._blocks.Count) op._pieceLoss = new double[op._blocks.Count * 2];
        op._coefficients = tape.AllocateFloats((long)tokens * op._samples);
        op._inverseNorms = null;
        if (loss.NormalizeItems)
        {
            op._inverseNorms = tape.AllocateFloats(table.Value.Rows);
            op._tableBlocks = TokenBlocks.Fine(table.Value.Rows);
            tape.Workers.Run(op._tableBlocks.Count, op._norms);
        }
        double total = op.NormalizingWeight();
        op._scale = (float)(1 / total);
        tape.Workers.Run(op._blocks.Count, op._forward);
        double sum = 0;
        for (int piece = 0; piece < op._blocks.Count; piece++) sum += op._pieceLoss[piece];
        return sum / total;
    }

    internal override void Backward()
    {
        int tokens = _states.Rows;
        if (!_loss.RawPositive || !_loss.NormalizeItems)
        {
            Set(_tableGradient, _ids.AsSpan(0, tokens * _samples), _samples, _coefficients, _loss.NormalizeItems);
            return;
        }
        // Positives and negatives go through different normalisations, so they are two parts.
        float* parts = Tape.AllocateFloats(2L * tokens);
        Span<int> ids = _ids.AsSpan(0, 2 * tokens);
        int[] positives = new int[tokens], negatives = new int[tokens];
        for (int t = 0; t < tokens; t++)
        {
            (positives[t], negatives[t]) = (ids[2 * t], ids[2 * t + 1]);
            (parts[t], parts[tokens + t]) = (_coefficients[2 * t], _coefficients[2 * t + 1]);
        }
        Set(_positiveGradient, positives, 1, parts, normalized: false);
        Set(_tableGradient, negatives, 1, parts + tokens, normalized: true);
    }

    private void Set(RowGradient gradient, ReadOnlySpan<int> ids, int perToken, float* coefficients, bool normalized)
    {
        fixed (int* first = ids)
            gradient.Set(Tape, first, ids.Length, perToken, coefficients, 0, _states.Data, _table.Value, normalized, _loss.Epsilon);
        _table.Add(gradient);
    }

    private void CopyInputs(in NextItemBatch batch, ReadOnlySpan<int> negatives, int r)
    {
        int tokens = batch.Targets.Length;
        if (_ids.Length < tokens * _samples) _ids = new int[(tokens * _samples) + (tokens * _samples / 4)];
        if (_weights.Length < tokens) _weights = new float[tokens + (tokens / 4)];
        for (int t = 0; t < tokens; t++)
        {
            _ids[t * _samples] = batch.Targets[t];
            negatives.Slice(t * r, r).CopyTo(_ids.AsSpan(t * _samples + 1));
            _weights[t] = batch.Weight(t);
        }
    }

    // BCE leaves out the tokens whose negative is the positive; the softmax leaves out the negative.
    private double NormalizingWeight()
    {
        double total = 0;
        for (int t = 0; t < _states.Rows; t++)
        {
            if (_loss.Kind == LossKind.BinaryCrossEntropy && _ids[t * 2] == _ids[t * 2 + 1]) _weights[t] = 0;
            total += _weights[t];
        }
        return Math.Max(total, 1e-12);
    }

    private void Norms<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _tableBlocks[piece];
        for (int row = first; row < end; row++)
        {
            _inverseNorms[row] = RowKernels<V, S>.InverseNorm(_table.Value.Row(row), _table.Value.Stride, _loss.Epsilon);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int stride = _states.Stride, padded = (_samples + S.Count - 1) / S.Count * S.Count;
        float* logits = Scratch.Take(2L * padded), factors = logits + padded;
        double sum = 0;
        var (first, end) = _blocks[piece];
        fixed (int* allIds = _ids)
        {
            for (int t = first; t < end; t++)
            {
                int* ids = allIds + (long)t * _samples;
                float* q = _states.Row(t), coefficients = _coefficients + (long)t * _samples;
                for (int r = 0; r < _samples; r++)
                {
                    bool raw = _inverseNorms == null || (r == 0 && _loss.RawPositive);
                    factors[r] = (raw ? 1f : _inverseNorms[ids[r]]) / _loss.Temperature;
                }
                Dots<V, S>(q, ids, factors, logits, stride);
                sum += _weights[t] * (_loss.Kind == LossKind.SampledSoftmax
                    ? Softmax<V, S>(ids, logits, padded)
                    : CrossEntropy(logits));
                if (_states.Gradient == null) continue;
                float scale = _weights[t] * _scale;
                for (int r = 0; r < _samples; r++)
                {
                    float d = logits[r] * scale;
                    // The table's part is normalised on its way out (RowGradient), the state's part here.
                    coefficients[r] = d / _loss.Temperature;
                    factors[r] *= d;
                }
                StateGradient<V, S>(ids, factors, _states.RowGradient(t), stride);
            }
        }
        _pieceLoss[piece] = sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Dots<V, S>(float* q, int* ids, float* factors, float* logits, int stride) where V : struct where S : struct, ISimd<V>
    {
        int r = 0;
        for (; r + 4 <= _samples; r += 4)
        {
            float* e0 = _table.Value.Row(ids[r]), e1 = _table.Value.Row(ids[r + 1]), e2 = _table.Value.Row(ids[r + 2]), e3 = _table.Value.Row(ids[r + 3]);
            V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
            for (int c = 0; c < stride; c += S.Count)
            {
                V x = S.Load(q + c);
                s0 = S.MultiplyAdd(x, S.Load(e0 + c), s0);
                s1 = S.MultiplyAdd(x, S.Load(e1 + c), s1);
                s2 = S.MultiplyAdd(x, S.Load(e2 + c), s2);
                s3 = S.MultiplyAdd(x, S.Load(e3 + c), s3);
            }
            logits[r] = S.Sum(s0) * factors[r];
            logits[r + 1] = S.Sum(s1) * factors[r + 1];
            logits[r + 2] = S.Sum(s2) * factors[r + 2];
            logits[r + 3] = S.Sum(s3) * factors[r + 3];
        }
        for (; r < _samples; r++) logits[r] = RowKernels<V, S>.Dot(q, _table.Value.Row(ids[r]), stride) * factors[r];
    }

    // Leaves d loss / d logit in place of the logits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Softmax<V, S>(int* ids, float* logits, int padded) where V : struct where S : struct, ISimd<V>
    {
        float positive = logits[0], highest = positive;
        for (int r = 1; r < _samples; r++)
        {
            if (ids[r] == ids[0]) logits[r] = SamePenalty;
            highest = MathF.Max(highest, logits[r]);
        }
        for (int r = _samples; r < padded; r++) logits[r] = float.NegativeInfinity;
        V center = S.Create(highest), total = S.Zero;
        for (int r = 0; r < padded; r += S.Count)
        {
            V e = VectorMath<V, S>.Exp(S.Subtract(S.Load(logits + r), center));
            S.Store(e, logits + r);
            total = S.Add(total, S.KeepFirst(e, _samples - r));
        }
        float sum = S.Sum(total), inverse = 1f / sum;
        for (int r = 0; r < padded; r += S.Count) S.Store(S.Multiply(S.Load(logits + r), S.Create(inverse)), logits + r);
        // A masked negative keeps exp(−87), not 0: nothing may flow into it.
        for (int r = 1; r < _samples; r++) if (ids[r] == ids[0]) logits[r] = 0;
        logits[0] -= 1;
        return highest + Math.Log(sum) - positive;
    }

    private static double CrossEntropy(float* logits)
    {
        double positive = logits[0], negative = logits[1];
        logits[0] = (float)(-0.5 / (1 + Math.Exp(positive)));
        logits[1] = (float)(0.5 / (1 + Math.Exp(-negative)));
        return 0.5 * (Softplus(-positive) + Softplus(negative));
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StateGradient<V, S>(int* ids, float* factors, float* gradient, int stride) where V : struct where S : struct, ISimd<V>
    {
        int c = 0;
        for (; c + 4 * S.Count <= stride; c += 4 * S.Count)
        {
            V g0 = S.Load(gradient + c), g1 = S.Load(gradient + c + S.Count), g2 = S.Load(gradient + c + 2 * S.Count), g3 = S.Load(gradient + c + 3 * S.Count);
            for (int r = 0; r < _samples; r++)
            {
                float* e = _table.Value.Row(ids[r]) + c;
                V f = S.Create(factors[r]);
                g0 = S.MultiplyAdd(f, S.Load(e), g0);
                g1 = S.MultiplyAdd(f, S.Load(e + S.Count), g1);
                g2 = S.MultiplyAdd(f, S.Load(e + 2 * S.Count), g2);
                g3 = S.MultiplyAdd(f, S.Load(e + 3 * S.Count), g3);
            }
            S.Store(g0, gradient + c);
            S.Store(g1, gradient + c + S.Count);
            S.Store(g2, gradient + c + 2 * S.Count);
            S.Store(g3, gradient + c + 3 * S.Count);
        }
        for (; c < stride; c += S.Count)
        {
            V g = S.Load(gradient + c);
            for (int r = 0; r < _samples; r++) g = S.MultiplyAdd(S.Create(factors[r]), S.Load(_table.Value.Row(ids[r]) + c), g);
            S.Store(g, gradient + c);
        }
    }
}
