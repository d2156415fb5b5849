using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Losses;

/// <summary>Settings of a loss on a positive and R sampled negatives a token; R is 0 where the positive's rating is its label.</summary>
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
/// binary cross entropy with one negative, or of the positive alone against its label; logits are ⟨state, item⟩ / temperature, with items
/// L2-normalised where asked.
/// </summary>
/// <remarks>
/// Token by token: dot products with the R + 1 gathered rows (and the rows' norms, unless the table is so small that norms of all its
/// rows are cheaper), softmax, then the gradient of the state from the same rows, which are still in a near cache. What remains for the
/// table is one coefficient a pair, T × (R + 1) floats; no T × R × D array exists. 4·T·(R + 1)·D FLOPs here, 2·T·(R + 1)·D when the table
/// is updated; T·(R + 1)·4D bytes gathered: on a large table the rows of the next token are asked for while this one is computed.
/// </remarks>
internal sealed unsafe class SampledLossOperation : Operation
{
    private const int TokensPerPiece = 64;
    private readonly Action<int> _forward, _norms;
    private readonly RowGradient _positiveGradient = new(), _tableGradient = new();
    private Parameter _table = null!;
    private Matrix _states;
    private SampledLoss _loss;
    private float[] _weights = [], _labels = [];
    private double[] _pieceLoss = [];
    private int _samples;
    private float _scale;
    private int* _ids;
    private float* _coefficients, _inverseNorms;
    private TokenBlocks _tableBlocks;

    public SampledLossOperation()
    {
        _forward = Choose(Forward<Vector512<float>, Simd512>, Forward<Vector256<float>, Simd256>, Forward<Vector128<float>, Simd128>);
        _norms = Choose(Norms<Vector512<float>, Simd512>, Norms<Vector256<float>, Simd256>, Norms<Vector128<float>, Simd128>);
    }

    /// <summary>Memory of a step for T × <paramref name="samples"/> ids, the positive of a token before its negatives.</summary>
    internal static int* AllocateIds(Tape tape, int tokens, int samples)
    {
        // Ids are compared by registers, past the last token too.
        long count = (long)tokens * samples;
        int* ids = (int*)tape.AllocateFloats(count + Simd.RowAlignment);
        new Span<int>(ids + count, Simd.RowAlignment).Clear();
        return ids;
    }

    /// <summary>As below, with R negatives a token from elsewhere (T × R).</summary>
    internal static double Apply(Tape tape, Parameter table, in NextItemBatch batch, ReadOnlySpan<int> negatives, in SampledLoss loss)
    {
        int tokens = batch.Targets.Length, r = negatives.Length / Math.Max(tokens, 1);
        int* ids = AllocateIds(tape, tokens, r + 1);
        for (int t = 0; t < tokens; t++)
        {
            ids[(long)t * (r + 1)] = batch.Targets[t];
            negatives.Slice(t * r, r).CopyTo(new Span<int>(ids + (long)t * (r + 1) + 1, r));
        }
        return Apply(tape, table, batch, ids, r + 1, loss);
    }

    /// <summary>
    /// The loss on <paramref name="ids"/> of this step (<see cref="AllocateIds"/>); its gradient is added to the states and, on
    /// <see cref="Tape.Backward"/>, to the table.
    /// </summary>
    internal static double Apply(Tape tape, Parameter table, in NextItemBatch batch, int* ids, int samples, in SampledLoss loss)
    {
        var op = tape.Next<SampledLossOperation>();
        op._table = table;
        op._states = batch.States;
        op._loss = loss;
        op._ids = ids;
        op._samples = samples;
        int tokens = batch.Targets.Length, pieces = (tokens + TokensPerPiece - 1) / TokensPerPiece;
        double total = op.SetWeights(batch);
        if (op._labels.Length < batch.Labels.Length) op._labels = new float[tokens + (tokens / 4)];
        batch.Labels.CopyTo(op._labels);
        op._scale = (float)(1 / total);
        if (op._pieceLoss.Length < pieces) op._pieceLoss = new double[pieces * 2];
        op._coefficients = tape.AllocateFloats((long)tokens * samples);
        op._inverseNorms = null;
        // A norm costs as much as a dot product: those of the whole table pay once it is read some times over.
        if (loss.NormalizeItems && (long)tokens * samples >= 4L * table.Value.Rows)
        {
            op._inverseNorms = tape.AllocateFloats(table.Value.Rows);
            op._tableBlocks = TokenBlocks.Fine(table.Value.Rows);
            tape.Workers.Run(op._tableBlocks.Count, op._norms);
        }
        tape.Workers.Run(pieces, op._forward);
        double sum = 0;
        for (int piece = 0; piece < pieces; piece++) sum += op._pieceLoss[piece];
        return sum / total;
    }

    // Dot products, then the gradient of the state in the same pass.
    internal override long ForwardFlops => (_states.HasGradient ? 4 : 2) * (long)_states.Rows * _samples * _states.Columns;

    internal override long BackwardFlops => 2L * _states.Rows * _samples * _states.Columns;

    internal override long GatheredBytes => (long)sizeof(float) * _states.Rows * _samples * _states.Stride;

    internal override void Backward()
    {
        int tokens = _states.Rows;
        if (!_loss.RawPositive || !_loss.NormalizeItems)
        {
            Set(_tableGradient, _ids, tokens * _samples, _samples, _coefficients, _loss.NormalizeItems);
            return;
        }
        // Positives and negatives go through different normalisations, so they are two parts.
        float* parts = Tape.AllocateFloats(2L * tokens);
        int* ids = (int*)Tape.AllocateFloats(2L * tokens);
        for (int t = 0; t < tokens; t++)
        {
            (ids[t], ids[tokens + t]) = (_ids[2 * t], _ids[2 * t + 1]);
            (parts[t], parts[tokens + t]) = (_coefficients[2 * t], _coefficients[2 * t + 1]);
        }
        Set(_positiveGradient, ids, tokens, 1, parts, normalized: false);
        Set(_tableGradient, ids + tokens, tokens, 1, parts + tokens, normalized: true);
    }

    private void Set(RowGradient gradient, int* ids, int count, int perToken, float* coefficients, bool normalized)
    {
        gradient.Set(Tape, ids, count, perToken, coefficients, 0, _states.Data, _table.Value, normalized, _loss.Epsilon);
        _table.Add(gradient);
    }

    // BCE leaves out the tokens whose negative is the positive; the softmax leaves out the negative. Returns the sum of the weights over the whole batch.
    private double SetWeights(in NextItemBatch batch)
    {
        int tokens = batch.Targets.Length;
        if (_weights.Length < tokens) _weights = new float[tokens + (tokens / 4)];
        double total = 0;
        bool leavesOut = _loss.Kind == LossKind.BinaryCrossEntropy;
        for (int t = 0; t < tokens; t++)
        {
            _weights[t] = leavesOut && _ids[t * 2] == _ids[t * 2 + 1] ? 0 : batch.Weight(t);
            total += _weights[t];
        }
        return Math.Max(leavesOut ? batch.OverShares(total) : batch.TotalWeight(), 1e-12);
    }

    private void Norms<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        var (first, end) = _tableBlocks[piece];
        for (int row = first; row < end; row++)
            _inverseNorms[row] = RowKernels<V, S>.InverseNorm(_table.Value.Row(row), _table.Value.Stride, _loss.Epsilon);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Forward<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int padded = Simd.Pad(_samples), first = piece * TokensPerPiece, end = Math.Min(_states.Rows, first + TokensPerPiece);
        float* logits = Scratch.Take(2L * padded + 2 * S.Count * S.Count), factors = logits + padded;
        bool prefetches = _table.Value.Size > Prefetch.Pays, differentiates = _states.HasGradient;
        if (prefetches) Ask(_ids + (long)first * _samples, _samples);
        double sum = 0;
        for (int t = first; t < end; t++)
        {
            int* ids = _ids + (long)t * _samples, next = prefetches && t + 1 < end ? ids + _samples : null;
            if (_inverseNorms != null) Dots<V, S, Given>(_states.Row(t), ids, next, logits, factors);
            else if (_loss.NormalizeItems) Dots<V, S, Computed>(_states.Row(t), ids, next, logits, factors);
            else Dots<V, S, None>(_states.Row(t), ids, next, logits, factors);
            sum += _weights[t] * _loss.Kind switch
            {
                LossKind.SampledSoftmax => Softmax<V, S>(ids, logits),
                LossKind.BinaryCrossEntropy => BinaryCrossEntropy.Pair(logits),
                _ => BinaryCrossEntropy.Labelled(logits, _labels[t]),
            };
            if (!differentiates) continue;
            // The table's part is normalised on its way out (RowGradient), the state's part here.
            float scale = _weights[t] * _scale;
            V scales = S.Create(scale), tableScales = S.Create(scale / _loss.Temperature);
            for (int r = 0; r < _samples; r += S.Count)
            {
                V d = S.Load(logits + r);
                S.Store(S.Multiply(S.Multiply(d, scales), S.Load(factors + r)), factors + r);
                S.Store(S.Multiply(d, tableScales), logits + r);
            }
            new ReadOnlySpan<float>(logits, _samples).CopyTo(new Span<float>(_coefficients + (long)t * _samples, _samples));
            StateGradient<V, S>(ids, next, factors, _states.RowGradient(t));
        }
        _pieceLoss[piece] = sum;
    }

    // Inlined: a call within a loop would make its sums leave their registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Ask(int* ids, int count)
    {
        for (int r = 0; r < count; r++) Prefetch.Row(_table.Value.Row(ids[r]), _table.Value.Stride);
    }

    // Where the inverse norm of an item comes from: fixed when the loop is compiled.
    private interface INorm;
    private readonly struct None : INorm;
    private readonly struct Given : INorm;
    private readonly struct Computed : INorm;

    // logits = ⟨q, item⟩ · factors and factors = inverse norms / temperature. Rows in groups of a register's lanes, whose partial sums are then
    // added together, across; within a group four registers of q stay put while the rows go by. Lanes behind the last sample repeat a logit,
    // so that they never are the largest.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Dots<V, S, N>(float* q, int* ids, int* next, float* logits, float* factors) where V : struct where S : struct, ISimd<V> where N : INorm
    {
        float* items = _table.Value.Data;
        nint stride = _table.Value.Stride;
        // Not on the stack, where registers would straddle cache lines.
        float* dots = factors + Simd.Pad(_samples), squares = dots + S.Count * S.Count;
        V inverseTemperature = S.Create(1f / _loss.Temperature);
        for (int group = 0; group < _samples; group += S.Count)
        {
            int rows = Math.Min(S.Count, _samples - group);
            int* id = ids + group;
            if (next != null) Ask(next + group / 2, (rows + 1) / 2);
            nint c = 0;
            for (; c + 4 * S.Count <= stride; c += 4 * S.Count)
            {
                V q0 = S.Load(q + c), q1 = S.Load(q + c + S.Count), q2 = S.Load(q + c + 2 * S.Count), q3 = S.Load(q + c + 3 * S.Count);
                for (int r = 0; r < rows; r++)
                {
                    float* e = items + id[r] * stride + c;
                    V e0 = S.Load(e), e1 = S.Load(e + S.Count), e2 = S.Load(e + 2 * S.Count), e3 = S.Load(e + 3 * S.Count);
                    V dot = S.MultiplyAdd(q3, e3, S.MultiplyAdd(q2, e2, S.MultiplyAdd(q1, e1, S.Multiply(q0, e0))));
                    S.Store(c == 0 ? dot : S.Add(dot, S.Load(dots + r * S.Count)), dots + r * S.Count);
                    if (typeof(N) != typeof(Computed)) continue;
                    V square = S.MultiplyAdd(e3, e3, S.MultiplyAdd(e2, e2, S.MultiplyAdd(e1, e1, S.Multiply(e0, e0))));
                    S.Store(c == 0 ? square : S.Add(square, S.Load(squares + r * S.Count)), squares + r * S.Count);
                }
            }
            for (; c < stride; c += S.Count)
            {
                V q0 = S.Load(q + c);
                for (int r = 0; r < rows; r++)
                {
                    V e0 = S.Load(items + id[r] * stride + c);
                    S.Store(c == 0 ? S.Multiply(q0, e0) : S.MultiplyAdd(q0, e0, S.Load(dots + r * S.Count)), dots + r * S.Count);
                    if (typeof(N) != typeof(Computed)) continue;
                    S.Store(c == 0 ? S.Multiply(e0, e0) : S.MultiplyAdd(e0, e0, S.Load(squares + r * S.Count)), squares + r * S.Count);
                }
            }
            V factor = inverseTemperature;
            if (typeof(N) == typeof(Computed))
            {
                factor = S.Divide(factor, S.Max(S.Sqrt(S.SumEach(squares)), S.Create(_loss.Epsilon)));
            }
            else if (typeof(N) == typeof(Given))
            {
                for (int r = 0; r < rows; r++) factors[group + r] = _inverseNorms[ids[group + r]];
                factor = S.Multiply(factor, S.Load(factors + group));
            }
            S.Store(factor, factors + group);
            S.Store(S.Multiply(S.SumEach(dots), factor), logits + group);
            if (group == 0 && _loss.RawPositive && typeof(N) != typeof(None))
            {
                logits[0] /= factors[0] * _loss.Temperature;
                factors[0] = 1 / _loss.Temperature;
            }
        }
        int padded = (_samples + S.Count - 1) / S.Count * S.Count;
        for (int r = _samples; r < padded; r++) logits[r] = logits[0];
    }

    // Leaves d loss / d logit in place of the logits; 0 for a negative that is the positive.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Softmax<V, S>(int* ids, float* logits) where V : struct where S : struct, ISimd<V>
    {
        V largest = S.Load(logits);
        for (int r = S.Count; r < _samples; r += S.Count) largest = S.Max(largest, S.Load(logits + r));
        float highest = S.MaxLane(largest), positive = logits[0];
        V center = S.Create(highest), total = S.Zero;
        for (int r = 0; r < _samples; r += S.Count)
        {
            V e = S.ZeroWhereEqual(VectorMath<V, S>.Exp(S.Subtract(S.Load(logits + r), center)), ids + r, ids[0]);
            S.Store(e, logits + r);
            total = S.Add(total, S.KeepFirst(e, _samples - r));
        }
        float own = MathF.Exp(positive - highest), sum = S.Sum(total) + own;
        V inverse = S.Create(1f / sum);
        for (int r = 0; r < _samples; r += S.Count) S.Store(S.Multiply(S.Load(logits + r), inverse), logits + r);
        logits[0] = own / sum - 1;
        return highest + Math.Log(sum) - positive;
    }

    // gradient += Σ factors · rows, four registers of columns and two rows at a time: eight sums hide the latency of a multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void StateGradient<V, S>(int* ids, int* next, float* factors, float* gradient) where V : struct where S : struct, ISimd<V>
    {
        float* items = _table.Value.Data;
        nint stride = _table.Value.Stride, c = 0;
        int samples = _samples;
        for (; c + 4 * S.Count <= stride; c += 4 * S.Count)
        {
            V g0 = S.Load(gradient + c), g1 = S.Load(gradient + c + S.Count), g2 = S.Load(gradient + c + 2 * S.Count), g3 = S.Load(gradient + c + 3 * S.Count);
            V h0 = S.Zero, h1 = S.Zero, h2 = S.Zero, h3 = S.Zero;
            int r = 0;
            for (; r + 2 <= samples; r += 2)
            {
                // The first half of the next token's rows was asked for by its dot products' turn.
                if (next != null && c == 0) Ask(next + (samples + r) / 2, 1);
                float* e = items + ids[r] * stride + c, k = items + ids[r + 1] * stride + c;
                V f = S.Create(factors[r]), l = S.Create(factors[r + 1]);
                g0 = S.MultiplyAdd(f, S.Load(e), g0);
                g1 = S.MultiplyAdd(f, S.Load(e + S.Count), g1);
                g2 = S.MultiplyAdd(f, S.Load(e + 2 * S.Count), g2);
                g3 = S.MultiplyAdd(f, S.Load(e + 3 * S.Count), g3);
                h0 = S.MultiplyAdd(l, S.Load(k), h0);
                h1 = S.MultiplyAdd(l, S.Load(k + S.Count), h1);
                h2 = S.MultiplyAdd(l, S.Load(k + 2 * S.Count), h2);
                h3 = S.MultiplyAdd(l, S.Load(k + 3 * S.Count), h3);
            }
            if (r < samples)
            {
                float* e = items + ids[r] * stride + c;
                V f = S.Create(factors[r]);
                g0 = S.MultiplyAdd(f, S.Load(e), g0);
                g1 = S.MultiplyAdd(f, S.Load(e + S.Count), g1);
                g2 = S.MultiplyAdd(f, S.Load(e + 2 * S.Count), g2);
                g3 = S.MultiplyAdd(f, S.Load(e + 3 * S.Count), g3);
            }
            S.Store(S.Add(g0, h0), gradient + c);
            S.Store(S.Add(g1, h1), gradient + c + S.Count);
            S.Store(S.Add(g2, h2), gradient + c + 2 * S.Count);
            S.Store(S.Add(g3, h3), gradient + c + 3 * S.Count);
        }
        for (; c < stride; c += S.Count)
        {
            V g = S.Load(gradient + c), h = S.Zero;
            int r = 0;
            for (; r + 2 <= samples; r += 2)
            {
                g = S.MultiplyAdd(S.Create(factors[r]), S.Load(items + ids[r] * stride + c), g);
                h = S.MultiplyAdd(S.Create(factors[r + 1]), S.Load(items + ids[r + 1] * stride + c), h);
            }
            if (r < samples) g = S.MultiplyAdd(S.Create(factors[r]), S.Load(items + ids[r] * stride + c), g);
            S.Store(S.Add(g, h), gradient + c);
        }
    }
}
