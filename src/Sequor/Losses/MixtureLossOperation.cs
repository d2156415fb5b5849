using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Losses;

/// <summary>What a loss over a mixture of logits needs to know.</summary>
internal readonly record struct MixtureLoss(LossKind Kind, float Temperature, float BalanceWeight);

/// <summary>
/// A loss whose logits are a mixture: scores of each token's query row against the item rows of its samples, and all gradients, in one pass.
/// </summary>
/// <remarks>
/// Tokens go in waves. First each piece takes some tokens of the wave: gather and transpose the samples' rows, score, differentiate the loss,
/// walk back: query rows and partial sums of the gate's layers are then done, and each pair has left the gradients of its P logits and of its
/// gate. Then <see cref="MixtureItemSums"/> adds those up by item. So nothing has the size T × R × P·D, a wave's pairs take some megabytes, and the bits do not depend on the number of threads. Samples
/// beyond a tile are scored twice.
/// </remarks>
internal sealed unsafe class MixtureLossOperation : Operation
{
    private const int Pieces = 16;
    private const int LargestTile = 160;
    private const int MostTokens = 32;
    private const int RowsAhead = 3;
    private const long WaveFloats = 5 << 20;
    private readonly Action<int> _balance, _tokens, _clear;
    private readonly double[] _pieceLoss = new double[Pieces];
    private readonly MixtureItemSums _itemSums = new();
    private Matrix _queries, _itemRows;
    private MixtureGate _gate;
    private MixtureLoss _loss;
    private Dropout _logitDropout, _weightDropout;
    private MixtureSamples _samples;
    private int _lanes, _tileCount, _tokensPerPiece, _first, _waveTokens, _tokenCount;
    private uint _firstRow;
    private float* _weights, _labels, _pairs, _partials, _balanceSums, _balanceSlope;
    private long _partialSize;
    private double _scale;
    private TokenBlocks _balanceBlocks, _itemBlocks;

    public MixtureLossOperation()
    {
        _balance = Choose(Balance<Vector512<float>, Simd512>, Balance<Vector256<float>, Simd256>, Balance<Vector128<float>, Simd128>);
        _tokens = Choose(Tokens<Vector512<float>, Simd512>, Tokens<Vector256<float>, Simd256>, Tokens<Vector128<float>, Simd128>);
        _clear = Clear;
    }

    /// <summary>
    /// The loss of query rows (T) against the item rows of their samples. Returns it without auxiliary losses, whose gradients are in;
    /// <paramref name="balance"/> is the load-balancing loss −H(mean π) + mean H(π) over the targets without its weight, 0 where that is 0.
    /// </summary>
    internal static double Apply(
        Tape tape, MixtureOfLogits mixture, Matrix queries, Matrix itemRows, in NextItemBatch batch, in MixtureSamples samples, in MixtureLoss loss, out double balance)
    {
        var op = tape.Next<MixtureLossOperation>();
        (op._queries, op._itemRows, op._gate, op._loss) = (queries, itemRows, mixture.Gate, loss);
        (op._samples, op._tokenCount, op._firstRow) = (samples, batch.TokenCount, tape.FirstRow);
        (double logitRate, double weightRate) = mixture.PairDropout;
        op._logitDropout = tape.NextDropout(logitRate);
        Dropout weightDropout = tape.NextDropout(weightRate);
        op._weightDropout = weightDropout with { Key = weightDropout.Key ^ 0x9E3779B9u };
        op._tileCount = (samples.Count + LargestTile - 1) / LargestTile;
        op._lanes = Simd.Pad((samples.Count + op._tileCount - 1) / op._tileCount);
        int tokens = queries.Rows;
        double total = op.SetWeights(batch, tape);
        op._scale = 1 / total;
        op._balanceSlope = null;
        balance = loss.BalanceWeight == 0 ? 0 : op.Balance(tape, batch);
        if (tape.Differentiates)
        {
            tape.BeginGradient(queries);
            tape.BeginGradient(itemRows);
            op._itemBlocks = TokenBlocks.Fine(itemRows.Rows);
            tape.Workers.Run(op._itemBlocks.Count, op._clear);
            op._itemSums.Begin(queries, itemRows, op._gate.Layout, samples, op._lanes * op._tileCount);
            op._partialSize = MixturePartial.Size(op._gate);
            op._partials = tape.AllocateFloats(op._partialSize * Pieces, clear: true);
        }
        long pairFloats = (long)op._lanes * op._tileCount * op.PairStride;
        op._tokensPerPiece = (int)Math.Clamp(WaveFloats / (pairFloats * Pieces), 1, MostTokens);
        op._pairs = tape.Differentiates ? tape.Workspace(pairFloats * Pieces * op._tokensPerPiece) : null;
        double sum = 0;
        for (op._first = 0; op._first < tokens; op._first += Pieces * op._tokensPerPiece)
        {
            op._waveTokens = Math.Min(tokens - op._first, Pieces * op._tokensPerPiece);
            tape.Workers.Run(Pieces, op._tokens);
            for (int piece = 0; piece < Pieces; piece++) sum += op._pieceLoss[piece];
            if (!tape.Differentiates) continue;
            op._itemSums.Add(tape.Workers, op._pairs, op._first, op._waveTokens);
        }
        return sum / total;
    }

    internal override long ForwardFlops => (Tape.Differentiates ? 6 : 2) * _gate.PairWork * _samples.Count * _queries.Rows;

    // The partial sums' turn; all other gradients stand since the forward pass.
    internal override void Backward()
    {
        for (int piece = 0; piece < Pieces; piece++) new MixturePartial(_partials + piece * _partialSize, _gate).AddTo(_gate);
    }

    private int PairStride => 2 * Simd.Pad(_gate.Layout.Logits);

    // BCE leaves out the tokens whose negative is the positive. Returns the sum of the weights over the whole batch.
    private double SetWeights(in NextItemBatch batch, Tape tape)
    {
        _weights = tape.AllocateFloats(_queries.Rows);
        double total = 0;
        bool leavesOut = _loss.Kind == LossKind.BinaryCrossEntropy;
        for (int t = 0; t < _queries.Rows; t++)
        {
            _weights[t] = leavesOut && _samples[t, 0] == _samples[t, 1] ? 0 : batch.Weight(t);
            total += _weights[t];
        }
        _labels = batch.Labels.IsEmpty ? null : tape.AllocateFloats(_queries.Rows);
        batch.Labels.CopyTo(new Span<float>(_labels, batch.Labels.Length));
        return Math.Max(leavesOut ? batch.OverShares(total) : batch.TotalWeight(), 1e-12);
    }

    // −H(mean π) + mean H(π), and its slope in mean π: the mean must be known before any pair can be differentiated.
    private double Balance(Tape tape, in NextItemBatch batch)
    {
        int logits = _gate.Layout.Logits, tokens = _queries.Rows;
        _balanceBlocks = TokenBlocks.Partials(tokens);
        // Behind the sums of π a piece keeps its sum of π ln π.
        _balanceSums = tape.AllocateFloats((long)_balanceBlocks.Count * (logits + 1), clear: true);
        tape.Workers.Run(_balanceBlocks.Count, _balance);
        float* slope = tape.AllocateFloats(logits);
        double entropies = 0, meanEntropy = 0;
        Span<double> sums = stackalloc double[logits + 1];
        sums.Clear();
        for (int p = 0; p <= logits; p++)
            for (int piece = 0; piece < _balanceBlocks.Count; piece++) sums[p] += _balanceSums[piece * (logits + 1) + p];
        batch.Sum?.Invoke(sums);
        for (int p = 0; p <= logits; p++)
        {
            double mean = sums[p] / _tokenCount;
            if (p == logits) meanEntropy = -mean;
            else
            {
                double log = Math.Log(mean + _gate.Epsilon);
                entropies += mean * log;
                slope[p] = (float)(log + mean / (mean + _gate.Epsilon));
            }
        }
        _balanceSlope = slope;
        return entropies + meanEntropy;
    }

    private void Balance<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        const int Lanes = Simd.RowAlignment;
        int width = _itemRows.Stride, logits = _gate.Layout.Logits;
        float* block = Scratch.Take((long)width * Lanes + MixtureTile.Size(_gate, Lanes)), memory = block + width * Lanes;
        new Span<float>(block, width * Lanes).Clear();
        var tile = new MixtureTile(memory, _gate, Lanes, differentiates: true, _logitDropout.Active, _weightDropout.Active);
        float* sums = _balanceSums + piece * (logits + 1);
        double entropy = 0;
        var (first, end) = _balanceBlocks[piece];
        for (int t = first; t < end; t++)
        {
            float* item = _itemRows.Row(_samples[t, 0]);
            for (int c = 0; c < width; c++) block[c * Lanes] = item[c];
            MixtureKernel<V, S>.Forward(_gate, _queries.Row(t), block, tile, DropoutAt(t, 0));
            for (int p = 0; p < logits; p++)
            {
                float weight = tile.Weights[p * Lanes];
                sums[p] += weight;
                entropy += weight * Math.Log(weight + _gate.Epsilon);
            }
        }
        sums[logits] = (float)entropy;
    }

    private MixtureDropout DropoutAt(int token, int tile) => new(
        _logitDropout, _weightDropout, (uint)token + _firstRow, (uint)(tile * _lanes), (uint)(_lanes * _tileCount), (uint)_gate.Layout.Logits);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tokens<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int width = _itemRows.Stride, lanes = _lanes, all = lanes * _tileCount, logits = _gate.Layout.Logits;
        int start = Math.Min(_waveTokens, piece * _tokensPerPiece), end = Math.Min(_waveTokens, start + _tokensPerPiece);
        long tileSize = MixtureTile.Size(_gate, lanes);
        float* rows = Scratch.Take(2L * width * lanes + tileSize + MixtureGradient<V, S>.Size(_gate, lanes) + 2L * all + Simd.Pad(logits));
        float* block = rows + (long)width * lanes, memory = block + (long)width * lanes, work = memory + tileSize;
        float* scores = work + MixtureGradient<V, S>.Size(_gate, lanes), firstWeights = scores + all;
        int* ids = (int*)(firstWeights + Simd.Pad(logits));
        bool differentiates = Tape.Differentiates;
        var tile = new MixtureTile(memory, _gate, lanes, differentiates, _logitDropout.Active, _weightDropout.Active);
        double sum = 0;
        for (int at = start; at < end; at++)
        {
            int token = _first + at;
            for (int r = 0; r < all; r++) ids[r] = r < _samples.Count ? _samples[token, r] : -1;
            for (int i = 0; i < _tileCount; i++)
            {
                Load<V, S>(ids + i * lanes, rows, block);
                MixtureKernel<V, S>.Forward(_gate, _queries.Row(token), block, tile, DropoutAt(token, i));
                new ReadOnlySpan<float>(tile.Scores, lanes).CopyTo(new Span<float>(scores + i * lanes, lanes));
            }
            sum += _weights[token] * Differentiate<V, S>(token, ids, scores, (float)(_weights[token] * _scale));
            if (!differentiates) continue;
            float* dq = _queries.RowGradient(token);
            new Span<float>(dq, _queries.Stride).Clear();
            for (int i = 0; i < _tileCount; i++)
            {
                // A single tile still stands as it was scored.
                if (_tileCount > 1)
                {
                    Load<V, S>(ids + i * lanes, rows, block);
                    MixtureKernel<V, S>.Forward(_gate, _queries.Row(token), block, tile, DropoutAt(token, i));
                }
                float* first = i == 0 && _balanceSlope != null ? FirstWeights(tile, firstWeights) : null;
                MixtureGradient<V, S>.Backward(_gate, tile, DropoutAt(token, i), scores + i * lanes, first, _partials + piece * _partialSize, work, out float* dLogits, out float* dGates);
                QueryGradient<V, S>(token, rows, block, dLogits, dGates, dq);
                float* pairs = _pairs + ((long)at * all + i * lanes) * PairStride;
                Layout.Transpose(dLogits, lanes, pairs, PairStride, logits, lanes, PairStride / 2);
                if (_gate.Combination != GatingCombination.Sum)
                    for (int p = 0; p < logits; p++) Scale<V, S>(_queries.Row(token)[_gate.Layout.QueryGate + p], dGates + p * lanes, lanes);
                Layout.Transpose(dGates, lanes, pairs + PairStride / 2, PairStride, logits, lanes, PairStride / 2);
            }
        }
        _pieceLoss[piece] = sum;
    }

    private void Clear(int piece)
    {
        var (first, end) = _itemBlocks[piece];
        new Span<float>(_itemRows.RowGradient(first), (end - first) * _itemRows.Stride).Clear();
    }

    // The samples' rows side by side, and transposed; lanes without an item repeat the first row, their gradients are zero.
    private void Load<V, S>(int* ids, float* rows, float* block) where V : struct where S : struct, ISimd<V>
    {
        int width = _itemRows.Stride;
        for (int r = 0; r < _lanes; r++)
        {
            if (r + RowsAhead < _lanes) Prefetch.Row(_itemRows.Row(Math.Max(ids[r + RowsAhead], 0)), width);
            float* source = _itemRows.Row(Math.Max(ids[r], 0)), target = rows + r * width;
            for (int c = 0; c < width; c += S.Count) S.Store(S.Load(source + c), target + c);
        }
        Layout.Transpose(rows, width, block, _lanes, _lanes, width);
    }

    // Leaves d loss / d φ in place of the scores; 0 behind the last sample and for a negative that is the positive.
    private double Differentiate<V, S>(int token, int* ids, float* scores, float scale) where V : struct where S : struct, ISimd<V>
    {
        int all = _lanes * _tileCount;
        float inverse = 1 / _loss.Temperature;
        if (_loss.Kind is LossKind.BinaryCrossEntropy or LossKind.BinaryCrossEntropyWithRatings)
        {
            for (int r = 0; r < all; r++) scores[r] = r < _samples.Count ? scores[r] * inverse : 0;
            double entropy = _loss.Kind == LossKind.BinaryCrossEntropy ? BinaryCrossEntropy.Pair(scores) : BinaryCrossEntropy.Labelled(scores, _labels[token]);
            for (int r = 0; r < _samples.Count; r++) scores[r] *= scale * inverse;
            return entropy;
        }
        float highest = float.NegativeInfinity;
        for (int r = 0; r < _samples.Count; r++) highest = MathF.Max(highest, scores[r] *= inverse);
        float first = scores[0];
        V center = S.Create(highest), total = S.Zero;
        for (int r = 0; r < all; r += S.Count)
        {
            V e = S.ZeroWhereEqual(VectorMath<V, S>.Exp(S.Subtract(S.Load(scores + r), center)), ids + r, ids[0]);
            e = S.KeepFirst(e, Math.Max(_samples.Count - r, 0));
            S.Store(e, scores + r);
            total = S.Add(total, e);
        }
        float own = MathF.Exp(first - highest), sum = S.Sum(total) + own;
        Scale<V, S>(scale * inverse / sum, scores, all);
        scores[0] = (own / sum - 1) * scale * inverse;
        return highest + Math.Log(sum) - first;
    }

    private static void Scale<V, S>(float factor, float* values, int count) where V : struct where S : struct, ISimd<V>
    {
        V wide = S.Create(factor);
        for (int r = 0; r < count; r += S.Count) S.Store(S.Multiply(wide, S.Load(values + r)), values + r);
    }

    // What the load-balancing loss adds to the gradient of the target's π.
    private float* FirstWeights(in MixtureTile tile, float* target)
    {
        float factor = _loss.BalanceWeight / _tokenCount;
        for (int p = 0; p < _gate.Layout.Logits; p++)
        {
            float weight = tile.Weights[p * _lanes];
            target[p] = factor * (_balanceSlope[p] - MathF.Log(weight + _gate.Epsilon) - weight / (weight + _gate.Epsilon));
        }
        return target;
    }

    // df_q += Σ_x Σ_r ds[q·P_X + x, r] · g_x(r), and the gate's part.
    private void QueryGradient<V, S>(int token, float* rows, float* block, float* dLogits, float* dGates, float* dq) where V : struct where S : struct, ISimd<V>
    {
        MixtureLayout layout = _gate.Layout;
        nint n = _lanes, width = _itemRows.Stride;
        for (int x = 0; x < layout.ItemGroups; x++)
            MatrixMultiply.Run(dLogits + x * n, layout.ItemGroups * n, 1, rows + x * layout.Stride, width, dq, layout.Stride, layout.QueryGroups, _lanes, layout.Stride, true);
        float* itemGate = block + layout.ItemGate * n;
        for (int p = 0; p < layout.Logits; p++)
        {
            V sum = S.Zero;
            for (int r = 0; r < _lanes; r += S.Count)
            {
                V d = S.Load(dGates + p * n + r);
                sum = _gate.Combination == GatingCombination.Sum ? S.Add(sum, d) : S.MultiplyAdd(d, S.Load(itemGate + p * n + r), sum);
            }
            dq[layout.QueryGate + p] += S.Sum(sum);
        }
    }
}
