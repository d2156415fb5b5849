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

/// <summary>
/// How a row of scores becomes a row of weights, and back. Rows hold scores in columns 0 … <c>last</c>; columns up to
/// <c>width</c> are garbage on entry and must be zero on return. <c>bias</c> may be null. <c>rowKey</c> keys the dropout of the row.
/// </summary>
internal unsafe interface IAttentionWeights<V, S> where V : struct where S : struct, ISimd<V>
{
    /// <summary>scores → weights, in place.</summary>
    static abstract void Forward(float* row, float* bias, int last, int width, in AttentionSettings settings, uint rowKey);

    /// <summary>row: scores → weights (as Forward left them); gradient: of the weights → of the scores.</summary>
    static abstract void Backward(float* row, float* gradient, float* bias, int last, int width, in AttentionSettings settings, uint rowKey);
}

/// <summary>HSTU: a = SiLU(s + bias) / N.</summary>
internal readonly unsafe struct SiluWeights<V, S> : IAttentionWeights<V, S> where V : struct where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* row, float* bias, int last, int width, in AttentionSettings settings, uint rowKey)
    {
        V scale = S.Create(settings.Scale == 0 ? 1f / (last + 1) : settings.Scale);
        int c = 0;
        for (; c <= last; c += S.Count)
        {
            V s = S.Load(row + c);
            if (bias != null) s = S.Add(s, S.Load(bias + c));
            V weight = S.Multiply(S.Multiply(s, VectorMath<V, S>.Sigmoid(s)), scale);
            if (settings.DropoutThreshold != 0) weight = S.Multiply(weight, Factors(settings, rowKey, c));
            if (c + S.Count > last + 1) weight = S.KeepFirst(weight, last + 1 - c);
            S.Store(weight, row + c);
        }
        for (; c < width; c += S.Count) S.Store(S.Zero, row + c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* row, float* gradient, float* bias, int last, int width, in AttentionSettings settings, uint rowKey)
    {
        V scale = S.Create(settings.Scale == 0 ? 1f / (last + 1) : settings.Scale), one = S.Create(1f);
        int c = 0;
        for (; c <= last; c += S.Count)
        {
            V s = S.Load(row + c);
            if (bias != null) s = S.Add(s, S.Load(bias + c));
            V sigmoid = VectorMath<V, S>.Sigmoid(s);
            V silu = S.Multiply(s, sigmoid);
            V slope = S.Multiply(S.MultiplyAdd(silu, S.Subtract(one, sigmoid), sigmoid), scale);
            V weight = S.Multiply(silu, scale);
            if (settings.DropoutThreshold != 0)
            {
                V factors = Factors(settings, rowKey, c);
                weight = S.Multiply(weight, factors);
                slope = S.Multiply(slope, factors);
            }
            V d = S.Multiply(S.Load(gradient + c), slope);
            if (c + S.Count > last + 1)
            {
                weight = S.KeepFirst(weight, last + 1 - c);
                d = S.KeepFirst(d, last + 1 - c);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Factors(in AttentionSettings settings, uint rowKey, int column) =>
        S.DropoutFactors(rowKey, (uint)column, settings.DropoutThreshold, settings.DropoutScale);
}

/// <summary>Softmax attention: a = softmax((s + bias) · scale) over the row's past.</summary>
internal readonly unsafe struct SoftmaxWeights<V, S> : IAttentionWeights<V, S> where V : struct where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* row, float* bias, int last, int width, in AttentionSettings settings, uint rowKey)
    {
        Softmax(row, bias, last, width, settings.Scale);
        if (settings.DropoutThreshold == 0) return;
        for (int c = 0; c <= last; c += S.Count) S.Store(S.Multiply(S.Load(row + c), Factors(settings, rowKey, c)), row + c);
    }

    // With p the softmax, w = p ⊙ f the weights and g = dw ⊙ f:  ds = scale · p ⊙ (g − Σ p ⊙ g).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* row, float* gradient, float* bias, int last, int width, in AttentionSettings settings, uint rowKey)
    {
        Softmax(row, bias, last, width, settings.Scale);
        V projection = S.Zero;
        for (int c = 0; c <= last; c += S.Count)
        {
            V g = S.Load(gradient + c);
            if (settings.DropoutThreshold != 0) g = S.Multiply(g, Factors(settings, rowKey, c));
            if (c + S.Count > last + 1) g = S.KeepFirst(g, last + 1 - c);
            S.Store(g, gradient + c);
            projection = S.MultiplyAdd(S.Load(row + c), g, projection);
        }
        V shared = S.Create(S.Sum(projection)), scale = S.Create(settings.Scale);
        int end = 0;
        for (; end <= last; end += S.Count)
        {
            V p = S.Load(row + end);
            S.Store(S.Multiply(S.Multiply(p, scale), S.Subtract(S.Load(gradient + end), shared)), gradient + end);
            if (settings.DropoutThreshold != 0) S.Store(S.Multiply(p, Factors(settings, rowKey, end)), row + end);
        }
        for (; end < width; end += S.Count) S.Store(S.Zero, gradient + end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* row, float* bias, int last, int width, float scale)
    {
        V factor = S.Create(scale), highest = S.Create(float.NegativeInfinity);
        int full = (last + 1) / S.Count * S.Count, c = 0;
        for (; c < full; c += S.Count)
        {
            V s = S.Load(row + c);
            if (bias != null) s = S.Add(s, S.Load(bias + c));
            s = S.Multiply(s, factor);
            S.Store(s, row + c);
            highest = S.Max(highest, s);
        }
        float maximum = full > 0 ? S.MaxLane(highest) : float.NegativeInfinity;
        for (int j = full; j <= last; j++)
        {
            row[j] = (row[j] + (bias == null ? 0f : bias[j])) * scale;
            maximum = MathF.Max(maximum, row[j]);
        }
        V center = S.Create(maximum), sum = S.Zero;
        for (c = 0; c <= last; c += S.Count)
        {
            V e = VectorMath<V, S>.Exp(S.Subtract(S.Load(row + c), center));
            if (c + S.Count > last + 1) e = S.KeepFirst(e, last + 1 - c);
            S.Store(e, row + c);
            sum = S.Add(sum, e);
        }
        V inverse = S.Create(1f / S.Sum(sum));
        int end = 0;
        for (; end <= last; end += S.Count) S.Store(S.Multiply(S.Load(row + end), inverse), row + end);
        for (; end < width; end += S.Count) S.Store(S.Zero, row + end);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Factors(in AttentionSettings settings, uint rowKey, int column) =>
        S.DropoutFactors(rowKey, (uint)column, settings.DropoutThreshold, settings.DropoutScale);
}
