using System.Runtime.CompilerServices;

namespace Sequor.Kernels;

/// <summary>Numbers that turn scores into attention weights.</summary>
internal struct AttentionSettings
{
    /// <summary>SiLU: weights are multiplied by this (1/N), or 0 to divide row i by i + 1. Softmax: scores are multiplied by this.</summary>
    internal float Scale;

    /// <summary>Weights whose hash lies below are dropped; 0 drops none.</summary>
    internal uint DropoutThreshold;

    /// <summary>What kept weights are multiplied by.</summary>
    internal float DropoutScale;

    /// <summary>Key of the dropout hash.</summary>
    internal uint DropoutKey;
}

/// <summary>Some rows of one head's scores against one strip of keys; rows are <see cref="Stride"/> floats apart.</summary>
internal unsafe ref struct AttentionTile
{
    /// <summary>Keys of a strip.</summary>
    internal const int Stride = 64;

    /// <summary>(rows, width): scores, and in backward the gradient of the weights.</summary>
    internal float* Scores, Gradients;

    /// <summary>(rows, width) to be added to the scores, or null.</summary>
    internal float* Bias;

    /// <summary>Number of rows, and of columns: a multiple of sixteen.</summary>
    internal int Rows, Width;

    /// <summary>Row r sees the columns up to Diagonal + r; those behind hold garbage on entry and zero on return.</summary>
    internal int Diagonal;

    /// <summary>Column of the sequence at which the strip starts, and row of the first row.</summary>
    internal int FirstColumn, FirstRow;

    /// <summary>The output so far, a sum over the strips before (forward).</summary>
    internal float* Output;

    /// <summary>Floats of a row of <see cref="Output"/>.</summary>
    internal int OutputStride;

    /// <summary>
    /// Two numbers a row. Forward: what the weights keep from strip to strip (softmax: maximum and sum). Backward: log₂ of the
    /// softmax's denominator, and Σ dO ⊙ O.
    /// </summary>
    internal float* First, Second;

    /// <summary>Dropout counter of row 0 of the sequence in this head, and counters from one row to the next.</summary>
    internal uint RowCounter, RowCounterStep;

    internal readonly uint RowKey(int row, in AttentionSettings settings) =>
        CounterRandom.Hash(RowCounter + (uint)(FirstRow + row) * RowCounterStep, settings.DropoutKey);
}

/// <summary>
/// How scores become weights, and back, strip by strip of keys: out_i = Factor_i · Σ_j weight_ij · v_j, where <c>Forward</c> may
/// rescale the sum so far.
/// </summary>
internal unsafe interface IAttentionWeights<V, S> where V : struct where S : struct, ISimd<V>
{
    /// <summary>Whether forward leaves log₂ of a denominator for backward.</summary>
    static abstract bool HasDenominator { get; }

    /// <summary>What First and Second hold before the first strip.</summary>
    static abstract void Begin(float* first, float* second, int rows);

    /// <summary>scores → weights, in place.</summary>
    static abstract void Forward(in AttentionTile tile, in AttentionSettings settings);

    /// <summary>What the output of a row is multiplied with behind the last strip.</summary>
    static abstract float Factor(in AttentionSettings settings, int row, float second);

    /// <summary>What the output's gradient of a row is multiplied with before anything else.</summary>
    static abstract float GradientFactor(in AttentionSettings settings, int row);

    /// <summary>scores → weights; gradients: of the weights → of the scores; both in place.</summary>
    static abstract void Backward(in AttentionTile tile, in AttentionSettings settings);
}

/// <summary>HSTU: a = SiLU(s + bias) / N; the division is left to the rows of the output and of its gradient.</summary>
internal readonly unsafe struct SiluWeights<V, S> : IAttentionWeights<V, S> where V : struct where S : struct, ISimd<V>
{
    public static bool HasDenominator => false;

    public static void Begin(float* first, float* second, int rows) { }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Factor(in AttentionSettings settings, int row, float second) => GradientFactor(settings, row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float GradientFactor(in AttentionSettings settings, int row) => settings.Scale == 0 ? 1f / (row + 1) : settings.Scale;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(in AttentionTile tile, in AttentionSettings settings)
    {
        int width = tile.Width;
        bool biased = tile.Bias != null, drops = settings.DropoutThreshold != 0;
        for (int r = 0; r < tile.Rows; r++)
        {
            float* row = tile.Scores + r * AttentionTile.Stride, bias = tile.Bias + r * AttentionTile.Stride;
            int seen = Math.Min(width, tile.Diagonal + r + 1), c = 0;
            uint key = drops ? tile.RowKey(r, settings) : 0;
            for (; c < seen; c += S.Count)
            {
                V s = S.Load(row + c);
                if (biased) s = S.Add(s, S.Load(bias + c));
                V weight = S.Multiply(s, VectorMath<V, S>.Sigmoid(s));
                if (drops) weight = S.Multiply(weight, S.DropoutFactors(key, (uint)(tile.FirstColumn + c), settings.DropoutThreshold, settings.DropoutScale));
                if (c + S.Count > seen) weight = S.KeepFirst(weight, seen - c);
                S.Store(weight, row + c);
            }
            for (; c < width; c += S.Count) S.Store(S.Zero, row + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(in AttentionTile tile, in AttentionSettings settings)
    {
        V one = S.Create(1f);
        int width = tile.Width;
        bool biased = tile.Bias != null, drops = settings.DropoutThreshold != 0;
        for (int r = 0; r < tile.Rows; r++)
        {
            float* row = tile.Scores + r * AttentionTile.Stride, gradient = tile.Gradients + r * AttentionTile.Stride, bias = tile.Bias + r * AttentionTile.Stride;
            int seen = Math.Min(width, tile.Diagonal + r + 1), c = 0;
            uint key = drops ? tile.RowKey(r, settings) : 0;
            for (; c < seen; c += S.Count)
            {
                V s = S.Load(row + c);
                if (biased) s = S.Add(s, S.Load(bias + c));
                V sigmoid = VectorMath<V, S>.Sigmoid(s), weight = S.Multiply(s, sigmoid);
                V slope = S.MultiplyAdd(weight, S.Subtract(one, sigmoid), sigmoid);
                if (drops)
                {
                    V factors = S.DropoutFactors(key, (uint)(tile.FirstColumn + c), settings.DropoutThreshold, settings.DropoutScale);
                    weight = S.Multiply(weight, factors);
                    slope = S.Multiply(slope, factors);
                }
                V d = S.Multiply(S.Load(gradient + c), slope);
                if (c + S.Count > seen)
                {
                    weight = S.KeepFirst(weight, seen - c);
                    d = S.KeepFirst(d, seen - c);
                }
                S.Store(weight, row + c);
                S.Store(d, gradient + c);
            }
            for (; c < width; c += S.Count)
            {
                S.Store(S.Zero, row + c);
                S.Store(S.Zero, gradient + c);
            }
        }
    }
}

/// <summary>
/// Softmax attention: a = softmax((s + bias) · scale) over the row's past. The strips pass by once: a row keeps its maximum m and
/// Σ eˢ⁻ᵐ so far and rescales both and the output when a strip raises m (Milakov and Gimelshein, arXiv 1805.02867); backward needs
/// nothing but log₂ of the denominator and Σ a ⊙ da = dO·O (FlashAttention, arXiv 2205.14135).
/// </summary>
internal readonly unsafe struct SoftmaxWeights<V, S> : IAttentionWeights<V, S> where V : struct where S : struct, ISimd<V>
{
    private const float Log2E = 1.44269504f;

    public static bool HasDenominator => true;

    public static void Begin(float* first, float* second, int rows)
    {
        for (int r = 0; r < rows; r++) (first[r], second[r]) = (float.NegativeInfinity, 0f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Factor(in AttentionSettings settings, int row, float second) => 1f / second;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float GradientFactor(in AttentionSettings settings, int row) => 1f;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(in AttentionTile tile, in AttentionSettings settings)
    {
        int width = tile.Width;
        bool biased = tile.Bias != null, drops = settings.DropoutThreshold != 0;
        V toLog2 = S.Create(settings.Scale * Log2E), lowest = S.Create(float.NegativeInfinity);
        for (int r = 0; r < tile.Rows; r++)
        {
            float* row = tile.Scores + r * AttentionTile.Stride, bias = tile.Bias + r * AttentionTile.Stride;
            int seen = Math.Min(width, tile.Diagonal + r + 1), c = 0;
            uint key = drops ? tile.RowKey(r, settings) : 0;
            V highest = lowest;
            for (; c < seen; c += S.Count)
            {
                V s = S.Load(row + c);
                if (biased) s = S.Add(s, S.Load(bias + c));
                s = S.Multiply(s, toLog2);
                S.Store(s, row + c);
                // Lanes behind the diagonal count as the lane before them would: −∞ + 0 where kept is s, else −∞.
                if (c + S.Count > seen) s = S.SelectBySign(S.Subtract(S.KeepFirst(S.Create(1f), seen - c), S.Create(0.5f)), s, lowest);
                highest = S.Max(highest, s);
            }
            float before = tile.First[r], maximum = MathF.Max(before, S.MaxLane(highest));
            V center = S.Create(maximum), sum = S.Zero;
            for (c = 0; c < seen; c += S.Count)
            {
                V e = VectorMath<V, S>.Exp2(S.Subtract(S.Load(row + c), center));
                if (c + S.Count > seen) e = S.KeepFirst(e, seen - c);
                sum = S.Add(sum, e);
                if (drops) e = S.Multiply(e, S.DropoutFactors(key, (uint)(tile.FirstColumn + c), settings.DropoutThreshold, settings.DropoutScale));
                S.Store(e, row + c);
            }
            for (; c < width; c += S.Count) S.Store(S.Zero, row + c);
            if (maximum > before && tile.FirstColumn > 0)
            {
                float shrink = MathF.Exp((before - maximum) / Log2E);
                tile.Second[r] *= shrink;
                Layout.ScaleRow<V, S>(shrink, tile.Output + r * tile.OutputStride, tile.Output + r * tile.OutputStride, tile.OutputStride);
            }
            tile.First[r] = maximum;
            tile.Second[r] += S.Sum(sum);
        }
    }

    // With p the softmax, w = p ⊙ f the weights and g = dw ⊙ f:  ds = scale · p ⊙ (g − Σ p ⊙ g), and Σ p ⊙ g = dO·O.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(in AttentionTile tile, in AttentionSettings settings)
    {
        int width = tile.Width;
        bool biased = tile.Bias != null, drops = settings.DropoutThreshold != 0;
        V toLog2 = S.Create(settings.Scale * Log2E), scale = S.Create(settings.Scale);
        for (int r = 0; r < tile.Rows; r++)
        {
            float* row = tile.Scores + r * AttentionTile.Stride, gradient = tile.Gradients + r * AttentionTile.Stride, bias = tile.Bias + r * AttentionTile.Stride;
            int seen = Math.Min(width, tile.Diagonal + r + 1), c = 0;
            uint key = drops ? tile.RowKey(r, settings) : 0;
            V denominator = S.Create(-tile.First[r]), shared = S.Create(tile.Second[r]);
            for (; c < seen; c += S.Count)
            {
                V s = S.Load(row + c), g = S.Load(gradient + c);
                if (biased) s = S.Add(s, S.Load(bias + c));
                V p = VectorMath<V, S>.Exp2(S.MultiplyAdd(s, toLog2, denominator)), weight = p;
                if (drops)
                {
                    V factors = S.DropoutFactors(key, (uint)(tile.FirstColumn + c), settings.DropoutThreshold, settings.DropoutScale);
                    g = S.Multiply(g, factors);
                    weight = S.Multiply(p, factors);
                }
                V d = S.Multiply(S.Multiply(p, scale), S.Subtract(g, shared));
                if (c + S.Count > seen)
                {
                    weight = S.KeepFirst(weight, seen - c);
                    d = S.KeepFirst(d, seen - c);
                }
                S.Store(weight, row + c);
                S.Store(d, gradient + c);
            }
            for (; c < width; c += S.Count)
            {
                S.Store(S.Zero, row + c);
                S.Store(S.Zero, gradient + c);
            }
        }
    }
}
