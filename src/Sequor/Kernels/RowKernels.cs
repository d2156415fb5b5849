using System.Runtime.CompilerServices;

namespace Sequor.Kernels;

/// <summary>
/// Kernels on single rows of <c>columns</c> floats, stored in <c>padded</c> floats (a multiple of the register) whose tail is zero
/// and stays zero.
/// </summary>
internal static unsafe class RowKernels<V, S> where V : struct where S : struct, ISimd<V>
{
    /// <summary>y = (x − mean) · inverse deviation, without affine parameters; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Normalize(float* x, float* y, int columns, int padded, float epsilon, out float mean, out float inverseDeviation)
    {
        Statistics(x, columns, padded, epsilon, out mean, out inverseDeviation);
        Standardize(x, y, columns, padded, mean, inverseDeviation);
    }

    /// <summary>Mean, and 1 / √(variance + ε), in two passes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Statistics(float* x, int columns, int padded, float epsilon, out float mean, out float inverseDeviation)
    {
        V sum = S.Zero, squares = S.Zero;
        for (int c = 0; c < padded; c += S.Count) sum = S.Add(sum, S.Load(x + c));
        mean = S.Sum(sum) / columns;
        V center = S.Create(mean);
        int c1 = 0;
        for (; c1 + S.Count <= columns; c1 += S.Count)
        {
            V deviation = S.Subtract(S.Load(x + c1), center);
            squares = S.MultiplyAdd(deviation, deviation, squares);
        }
        if (c1 < columns)
        {
            V deviation = S.KeepFirst(S.Subtract(S.Load(x + c1), center), columns - c1);
            squares = S.MultiplyAdd(deviation, deviation, squares);
        }
        inverseDeviation = 1f / MathF.Sqrt(S.Sum(squares) / columns + epsilon);
    }

    /// <summary>y = (x − mean) · inverse deviation with statistics at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Standardize(float* x, float* y, int columns, int padded, float mean, float inverseDeviation)
    {
        V center = S.Create(mean), scale = S.Create(inverseDeviation);
        int c = 0;
        for (; c + S.Count <= columns; c += S.Count) S.Store(S.Multiply(S.Subtract(S.Load(x + c), center), scale), y + c);
        for (; c < padded; c += S.Count) S.Store(S.KeepFirst(S.Multiply(S.Subtract(S.Load(x + c), center), scale), Math.Max(columns - c, 0)), y + c);
    }

    /// <summary>dx (+)= inverse deviation · (dy − mean(dy) − ŷ · mean(dy ⊙ ŷ)); dy's tail is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void NormalizeBackward(float* dy, float* normalized, float inverseDeviation, float* dx, int columns, int padded, bool accumulate)
    {
        V sum = S.Zero, projection = S.Zero;
        for (int c = 0; c < padded; c += S.Count)
        {
            V d = S.Load(dy + c);
            sum = S.Add(sum, d);
            projection = S.MultiplyAdd(d, S.Load(normalized + c), projection);
        }
        NormalizeBackward(sum, projection, dy, normalized, inverseDeviation, dx, columns, padded, accumulate);
    }

    /// <summary>As above, for callers that have the lanes of Σ dy and Σ dy ⊙ ŷ at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void NormalizeBackward(V sum, V projection, float* dy, float* normalized, float inverseDeviation, float* dx, int columns, int padded, bool accumulate)
    {
        V meanGradient = S.Create(S.Sum(sum) / columns), meanProjection = S.Create(S.Sum(projection) / columns);
        V scale = S.Create(inverseDeviation);
        for (int c = 0; c < padded; c += S.Count)
        {
            V inner = S.Subtract(S.Load(dy + c), S.MultiplyAdd(S.Load(normalized + c), meanProjection, meanGradient));
            V d = S.Multiply(scale, inner);
            if (c + S.Count > columns) d = S.KeepFirst(d, Math.Max(columns - c, 0));
            S.Store(accumulate ? S.Add(S.Load(dx + c), d) : d, dx + c);
        }
    }

    /// <summary>⟨x, y⟩ over <paramref name="padded"/> floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Dot(float* x, float* y, int padded)
    {
        V sum = S.Zero;
        for (int c = 0; c < padded; c += S.Count) sum = S.MultiplyAdd(S.Load(x + c), S.Load(y + c), sum);
        return S.Sum(sum);
    }

    /// <summary>1 / max(‖x‖, ε): what L2 normalisation multiplies by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float InverseNorm(float* x, int padded, float epsilon) => 1f / MathF.Max(MathF.Sqrt(Dot(x, x, padded)), epsilon);

    /// <summary>y += factor · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void AddScaled(float factor, float* x, float* y, int padded)
    {
        V scale = S.Create(factor);
        for (int c = 0; c < padded; c += S.Count) S.Store(S.MultiplyAdd(scale, S.Load(x + c), S.Load(y + c)), y + c);
    }

    /// <summary>x ·= factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Scale(float factor, float* x, int padded)
    {
        V scale = S.Create(factor);
        for (int c = 0; c < padded; c += S.Count) S.Store(S.Multiply(scale, S.Load(x + c)), x + c);
    }

    /// <summary>y += x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Add(float* x, float* y, int padded)
    {
        for (int c = 0; c < padded; c += S.Count) S.Store(S.Add(S.Load(x + c), S.Load(y + c)), y + c);
    }
}
