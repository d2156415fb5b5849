using System.Runtime.CompilerServices;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>
/// Walks back over a tile that <see cref="MixtureKernel{V, S}"/> filled: from the gradient of φ to those of the component logits and of the
/// gate's input, adding those of the gate's own layers to a partial sum.
/// </summary>
internal static unsafe class MixtureGradient<V, S> where V : struct where S : struct, ISimd<V>
{
    /// <summary>Floats of working memory for a tile.</summary>
    internal static long Size(in MixtureGate gate, int lanes) => (3L * gate.Layout.Logits + gate.HiddenDim + 2L * Simd.Pad(gate.Layout.Logits)) * lanes;

    /// <summary>
    /// Fills the gradients of a tile's logits and of z. <paramref name="scores"/> holds that of φ (lanes), <paramref name="firstWeights"/> what is
    /// added to that of π in the first lane (P), or null.
    /// </summary>
    internal static void Backward(
        in MixtureGate gate, in MixtureTile tile, in MixtureDropout dropout, float* scores, float* firstWeights, float* partial, float* memory, out float* logits, out float* gates)
    {
        int size = gate.Layout.Logits * tile.Lanes;
        logits = memory;
        gates = memory + size;
        Softmax(gate, tile, dropout, scores, firstWeights, logits, gates);
        if (gate.Combination == GatingCombination.GluSilu) Silu(gate, tile, gates);
        else if (gate.Combination == GatingCombination.GluSiluLayerNorm) SiluLayerNorm(gate, tile, gates);
        if (gate.Output is not null) Layers(gate, tile, dropout, partial, logits, gates, gates + size);
    }

    // φ = Σ π s. Behind dropout π = u·m / Σ u·m, else π = u.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(in MixtureGate gate, in MixtureTile tile, in MixtureDropout dropout, float* scores, float* firstWeights, float* logits, float* gates)
    {
        int n = tile.Lanes, count = gate.Layout.Logits;
        V epsilon = S.Create(gate.Epsilon), one = S.Create(1f);
        for (int r = 0; r < n; r += S.Count)
        {
            // d φ / d π_p is s_p; less φ it says the same to a softmax, without the digits that would cancel.
            V d = S.Load(scores + r), score = S.Load(tile.Scores + r), inner = S.Zero;
            for (int p = 0; p < count; p++)
            {
                V weight = S.Load(tile.Weights + p * n + r), dWeight = S.Multiply(d, S.Subtract(S.Load(tile.Logits + p * n + r), score));
                if (firstWeights != null && r == 0) dWeight = S.Add(dWeight, S.KeepFirst(S.Create(firstWeights[p]), 1));
                inner = S.MultiplyAdd(weight, dWeight, inner);
                S.Store(S.Multiply(d, weight), logits + p * n + r);
                S.Store(dWeight, gates + p * n + r);
            }
            if (dropout.Weights.Active)
            {
                // Below ε the divisor is constant and nothing is projected out.
                V kept = S.Load(tile.Kept + r), divisor = S.Divide(one, S.Max(kept, epsilon)), projected = S.SelectBySign(S.Subtract(kept, epsilon), inner, S.Zero);
                inner = S.Zero;
                for (int p = 0; p < count; p++)
                {
                    V dv = S.Multiply(S.Subtract(S.Load(gates + p * n + r), projected), divisor);
                    V du = S.Multiply(dv, dropout.Factors<V, S>(dropout.Weights, p, r));
                    S.Store(du, gates + p * n + r);
                    inner = S.MultiplyAdd(S.Load(tile.Softmax + p * n + r), du, inner);
                }
            }
            for (int p = 0; p < count; p++)
                S.Store(S.Multiply(S.Load(tile.Softmax + p * n + r), S.Subtract(S.Load(gates + p * n + r), inner)), gates + p * n + r);
        }
    }

    // d z·σ(z) = σ + zσ(1 − σ).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Silu(in MixtureGate gate, in MixtureTile tile, float* gates)
    {
        V one = S.Create(1f);
        for (int at = 0; at < gate.Layout.Logits * tile.Lanes; at += S.Count)
        {
            V z = S.Load(tile.Gate + at), sigmoid = VectorMath<V, S>.Sigmoid(z);
            S.Store(S.Multiply(S.Load(gates + at), S.MultiplyAdd(S.Multiply(z, sigmoid), S.Subtract(one, sigmoid), sigmoid)), gates + at);
        }
    }

    // z·σ(ẑ), ẑ = LayerNorm(z) down the rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SiluLayerNorm(in MixtureGate gate, in MixtureTile tile, float* gates)
    {
        int n = tile.Lanes, count = gate.Layout.Logits;
        V one = S.Create(1f), inverseCount = S.Create(1f / count);
        for (int r = 0; r < n; r += S.Count)
        {
            MixtureKernel<V, S>.Statistics(tile.Gate + r, n, count, out V mean, out V inverseDeviation);
            V sum = S.Zero, projection = S.Zero;
            for (int p = 0; p < count; p++)
            {
                V z = S.Load(tile.Gate + p * n + r), unit = S.Multiply(S.Subtract(z, mean), inverseDeviation), sigmoid = VectorMath<V, S>.Sigmoid(unit);
                V d = S.Load(gates + p * n + r), dUnit = S.Multiply(S.Multiply(d, z), S.Multiply(sigmoid, S.Subtract(one, sigmoid)));
                S.Store(S.Multiply(d, sigmoid), gates + p * n + r);
                // The softmax is done with; its place serves for the gradient of ẑ.
                S.Store(dUnit, tile.Softmax + p * n + r);
                sum = S.Add(sum, dUnit);
                projection = S.MultiplyAdd(dUnit, unit, projection);
            }
            V meanGradient = S.Multiply(sum, inverseCount), meanProjection = S.Multiply(projection, inverseCount);
            for (int p = 0; p < count; p++)
            {
                V unit = S.Multiply(S.Subtract(S.Load(tile.Gate + p * n + r), mean), inverseDeviation);
                V inner = S.Subtract(S.Load(tile.Softmax + p * n + r), S.MultiplyAdd(unit, meanProjection, meanGradient));
                S.Store(S.MultiplyAdd(inverseDeviation, inner, S.Load(gates + p * n + r)), gates + p * n + r);
            }
        }
    }

    // Back through W₂ and W₁; the gradient of s that comes this way is added to that of the dot products.
    private static void Layers(in MixtureGate gate, in MixtureTile tile, in MixtureDropout dropout, float* partial, float* logits, float* gates, float* memory)
    {
        int n = tile.Lanes, count = gate.Layout.Logits, padded = Simd.Pad(count), hidden = gate.HiddenDim;
        var sums = new MixturePartial(partial, gate);
        float* gatesTransposed = memory, inputTransposed = gatesTransposed + (nint)n * padded, rest = inputTransposed + (nint)n * padded;
        RowSums(gates, count, n, sums.OutputBias);
        Matrix output = gate.Output!.Value, first = gate.Hidden ?? output;
        float* upper = gates;
        int upperRows = count;
        if (hidden > 0)
        {
            Layout.Transpose(gates, n, gatesTransposed, padded, count, n);
            MatrixMultiply.Run(tile.Hidden, n, 1, gatesTransposed, padded, sums.Output, padded, hidden, n, padded, true);
            MatrixMultiply.Run(output.Data, 1, output.Stride, gates, n, rest, n, hidden, count, n, false);
            for (int at = 0; at < hidden * n; at += S.Count) S.Store(S.Multiply(S.Load(rest + at), S.Load(tile.Slope + at)), rest + at);
            RowSums(rest, hidden, n, sums.HiddenBias);
            upper = rest;
            upperRows = hidden;
            rest += (nint)hidden * n;
        }
        Layout.Transpose(tile.Dropped, n, inputTransposed, padded, count, n);
        MatrixMultiply.Run(upper, n, 1, inputTransposed, padded, sums.Input, padded, upperRows, n, padded, true);
        if (!dropout.Logits.Active)
        {
            MatrixMultiply.Run(first.Data, 1, first.Stride, upper, n, logits, n, count, upperRows, n, true);
            return;
        }
        MatrixMultiply.Run(first.Data, 1, first.Stride, upper, n, rest, n, count, upperRows, n, false);
        for (int p = 0; p < count; p++)
            for (int r = 0; r < n; r += S.Count)
                S.Store(S.MultiplyAdd(S.Load(rest + p * n + r), dropout.Factors<V, S>(dropout.Logits, p, r), S.Load(logits + p * n + r)), logits + p * n + r);
    }

    private static void RowSums(float* rows, int count, int lanes, float* sums)
    {
        for (int i = 0; i < count; i++)
        {
            V sum = S.Zero;
            for (int r = 0; r < lanes; r += S.Count) sum = S.Add(sum, S.Load(rows + i * lanes + r));
            sums[i] += S.Sum(sum);
        }
    }
}
