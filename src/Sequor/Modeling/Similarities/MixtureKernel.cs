using System.Runtime.CompilerServices;
using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>
/// φ(q, x) of one query against a tile of items:
/// <code>
/// s_p = ⟨f_q, g_x⟩ / temperature            p = q·P_X + x
/// z   = gate_q ⊙ gate_x + W₂·SiLU(W₁·s + b₁) + b₂
/// π   = softmax(z·σ(z))                       or another combination
/// φ   = Σ_p π_p · s_p
/// </code>
/// </summary>
/// <remarks>
/// The items lie in a block, transposed: row c of the block holds column c of each item's row (<see cref="MixtureLayout"/>). P·(D_P + 2·hidden)
/// multiply-adds a pair; at 8 × 4 components of 64 and 128 hidden units a fifth of them are dot products.
/// </remarks>
internal static unsafe class MixtureKernel<V, S> where V : struct where S : struct, ISimd<V>
{
    private const float LayerNormEpsilon = 1e-5f;

    /// <summary>Fills a tile for a query row.</summary>
    internal static void Forward(in MixtureGate gate, float* query, float* block, in MixtureTile tile, in MixtureDropout dropout = default)
    {
        Logits(gate, query, block, tile);
        Mix(gate, query, block + (nint)gate.Layout.ItemGate * tile.Lanes, tile, dropout);
    }

    /// <summary>What follows the component logits, which stand in the tile already: the gate, from the items' part of it (P × lanes), and φ.</summary>
    internal static void Mix(in MixtureGate gate, float* query, float* itemGate, in MixtureTile tile, in MixtureDropout dropout = default)
    {
        Weights(gate, query + gate.Layout.QueryGate, itemGate, tile, dropout);
        Combine(gate, tile, dropout);
    }

    /// <summary>The component logits alone.</summary>
    internal static void Logits(in MixtureGate gate, float* query, float* block, in MixtureTile tile)
    {
        MixtureLayout layout = gate.Layout;
        nint n = tile.Lanes;
        for (int x = 0; x < layout.ItemGroups; x++)
            MatrixMultiply.Run(query, layout.Stride, 1, block + x * layout.Stride * n, n, tile.Logits + x * n, layout.ItemGroups * n, layout.QueryGroups, layout.Dim, tile.Lanes, false);
    }

    // z.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weights(in MixtureGate gate, float* queryGate, float* itemGate, in MixtureTile tile, in MixtureDropout dropout)
    {
        int n = tile.Lanes, logits = gate.Layout.Logits;
        if (gate.Output is { } output)
        {
            if (dropout.Logits.Active)
                for (int p = 0; p < logits; p++)
                    for (int r = 0; r < n; r += S.Count)
                        S.Store(S.Multiply(S.Load(tile.Logits + p * n + r), dropout.Factors<V, S>(dropout.Logits, p, r)), tile.Dropped + p * n + r);
            float* input = tile.Dropped;
            int depth = logits;
            if (gate.Hidden is { } hidden)
            {
                MatrixMultiply.Run(hidden.Data, hidden.Stride, 1, input, n, tile.Hidden, n, hidden.Rows, logits, n, false);
                Activate(gate.HiddenBias, tile, hidden.Rows);
                input = tile.Hidden;
                depth = hidden.Rows;
            }
            MatrixMultiply.Run(output.Data, output.Stride, 1, input, n, tile.Gate, n, logits, depth, n, false);
        }
        for (int p = 0; p < logits; p++)
        {
            float* z = tile.Gate + p * n, x = itemGate + p * n;
            V bias = S.Create(gate.Output is null ? 0f : gate.OutputBias[p]), q = S.Create(queryGate[p]);
            for (int r = 0; r < n; r += S.Count)
            {
                V pair = gate.Output is null ? S.Zero : S.Add(S.Load(z + r), bias);
                S.Store(gate.Combination == GatingCombination.Sum ? S.Add(S.Add(q, S.Load(x + r)), pair) : S.MultiplyAdd(q, S.Load(x + r), pair), z + r);
            }
        }
    }

    // h → SiLU(h + b).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Activate(float* biases, in MixtureTile tile, int rows)
    {
        int n = tile.Lanes;
        V one = S.Create(1f);
        for (int i = 0; i < rows; i++)
        {
            V bias = S.Create(biases[i]);
            float* h = tile.Hidden + i * n, slope = tile.Slope + i * n;
            for (int r = 0; r < n; r += S.Count)
            {
                V x = S.Add(S.Load(h + r), bias), sigmoid = VectorMath<V, S>.Sigmoid(x), y = S.Multiply(x, sigmoid);
                S.Store(y, h + r);
                if (tile.Slope != null) S.Store(S.MultiplyAdd(y, S.Subtract(one, sigmoid), sigmoid), slope + r);
            }
        }
    }

    // π and φ, lane by lane down the rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(in MixtureGate gate, in MixtureTile tile, in MixtureDropout dropout)
    {
        int n = tile.Lanes, logits = gate.Layout.Logits;
        V one = S.Create(1f);
        for (int r = 0; r < n; r += S.Count)
        {
            float* s = tile.Logits + r, z = tile.Gate + r, u = tile.Softmax + r, w = tile.Weights + r;
            V mean = S.Zero, inverseDeviation = one, highest = S.Create(float.NegativeInfinity);
            if (gate.Combination == GatingCombination.GluSiluLayerNorm) Statistics(z, n, logits, out mean, out inverseDeviation);
            for (int p = 0; p < logits; p++)
            {
                V g = S.Load(z + p * n);
                if (gate.Combination != GatingCombination.Sum)
                    g = S.Multiply(g, VectorMath<V, S>.Sigmoid(gate.Combination == GatingCombination.GluSilu ? g : S.Multiply(S.Subtract(g, mean), inverseDeviation)));
                S.Store(g, u + p * n);
                highest = S.Max(highest, g);
            }
            V total = S.Zero, weighted = S.Zero;
            for (int p = 0; p < logits; p++)
            {
                V e = VectorMath<V, S>.Exp(S.Subtract(S.Load(u + p * n), highest));
                S.Store(e, u + p * n);
                total = S.Add(total, e);
                weighted = S.MultiplyAdd(e, S.Load(s + p * n), weighted);
            }
            V inverse = S.Divide(one, total);
            if (!dropout.Weights.Active)
            {
                if (tile.Slope != null)
                    for (int p = 0; p < logits; p++) S.Store(S.Multiply(S.Load(u + p * n), inverse), u + p * n);
                S.Store(S.Multiply(weighted, inverse), tile.Scores + r);
                continue;
            }
            V kept = S.Zero;
            weighted = S.Zero;
            for (int p = 0; p < logits; p++)
            {
                V softmax = S.Multiply(S.Load(u + p * n), inverse), v = S.Multiply(softmax, dropout.Factors<V, S>(dropout.Weights, p, r));
                S.Store(softmax, u + p * n);
                S.Store(v, w + p * n);
                kept = S.Add(kept, v);
            }
            V divisor = S.Divide(one, S.Max(kept, S.Create(gate.Epsilon)));
            for (int p = 0; p < logits; p++)
            {
                V weight = S.Multiply(S.Load(w + p * n), divisor);
                S.Store(weight, w + p * n);
                weighted = S.MultiplyAdd(weight, S.Load(s + p * n), weighted);
            }
            S.Store(kept, tile.Kept + r);
            S.Store(weighted, tile.Scores + r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Statistics(float* z, int n, int logits, out V mean, out V inverseDeviation)
    {
        V sum = S.Zero, squares = S.Zero, count = S.Create(1f / logits);
        for (int p = 0; p < logits; p++) sum = S.Add(sum, S.Load(z + p * n));
        mean = S.Multiply(sum, count);
        for (int p = 0; p < logits; p++)
        {
            V deviation = S.Subtract(S.Load(z + p * n), mean);
            squares = S.MultiplyAdd(deviation, deviation, squares);
        }
        inverseDeviation = S.Divide(S.Create(1f), S.Sqrt(S.MultiplyAdd(squares, count, S.Create(LayerNormEpsilon))));
    }
}
