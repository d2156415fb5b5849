using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>Numbers of one AdamW step (arXiv 1711.05101), as torch.optim.AdamW computes them.</summary>
internal readonly record struct AdamWStep(float LearningRate, float Beta1, float Beta2, float Epsilon, float WeightDecay, long Step)
{
    internal float StepSize { get; } = (float)(LearningRate / (1 - Math.Pow(Beta1, Step)));
    internal float InverseRootCorrection { get; } = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, Step)));
}

/// <summary>
/// m = β₁m + (1 − β₁)g;  v = β₂v + (1 − β₂)g²;  w = (1 − ηλ)w − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε), in one pass:
/// 4 reads and 3 writes a weight, bound by memory on tables that outgrow the caches.
/// </summary>
internal static unsafe class AdamW
{
    /// <summary>Updates <paramref name="count"/> weights, a multiple of 16.</summary>
    internal static void Update(float* weights, float* gradient, float* first, float* second, long count, in AdamWStep step)
    {
        switch (Simd.Width)
        {
            case 16: Update<Vector512<float>, Simd512>(weights, gradient, first, second, count, step); break;
            case 8: Update<Vector256<float>, Simd256>(weights, gradient, first, second, count, step); break;
            default: Update<Vector128<float>, Simd128>(weights, gradient, first, second, count, step); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Update<V, S>(float* weights, float* gradient, float* first, float* second, long count, in AdamWStep step)
        where V : struct where S : struct, ISimd<V>
    {
        var constants = new Constants<V, S>(step);
        constants.Move(weights, gradient, first, second, count);
    }

    /// <summary>
    /// Updates a block of <paramref name="rowCount"/> rows of which those that <paramref name="touched"/> lists, in ascending order, have a
    /// gradient. The rows between move by their momentum: g = 0, and no gradient is read.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void UpdateBlock<V, S>(
        float* weights, float* gradient, float* first, float* second, int rowCount, int stride, ReadOnlySpan<int> touched, in AdamWStep step)
        where V : struct where S : struct, ISimd<V>
    {
        var constants = new Constants<V, S>(step);
        int done = 0;
        foreach (int row in touched)
        {
            long from = (long)done * stride, at = (long)row * stride;
            constants.Drift(weights + from, first + from, second + from, at - from);
            constants.Move(weights + at, gradient + at, first + at, second + at, stride);
            done = row + 1;
        }
        long rest = (long)done * stride;
        constants.Drift(weights + rest, first + rest, second + rest, (long)rowCount * stride - rest);
    }

    /// <summary>
    /// Lazy: updates the rows that <paramref name="touched"/> lists and leaves weights and moments of all others as they are (torch.optim.SparseAdam
    /// with decoupled decay). 7 rows of memory traffic a touched row, at random places.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void UpdateTouched<V, S>(
        float* weights, float* gradient, float* first, float* second, int stride, ReadOnlySpan<int> touched, in AdamWStep step)
        where V : struct where S : struct, ISimd<V>
    {
        var constants = new Constants<V, S>(step);
        for (int i = 0; i < touched.Length; i++)
        {
            if (i + PrefetchDistance < touched.Length)
            {
                long next = (long)touched[i + PrefetchDistance] * stride;
                Prefetch.Row(first + next, stride);
                Prefetch.Row(second + next, stride);
            }
            long at = (long)touched[i] * stride;
            constants.Move(weights + at, gradient + at, first + at, second + at, stride);
        }
    }

    /// <summary>
    /// Lazy, with one second moment a row: v = β₂v + (1 − β₂)·mean g² over the row's <paramref name="columns"/> (fbgemm's
    /// PARTIAL_ROWWISE_ADAM). 5 rows of traffic a touched row, 8 bytes a weight in memory instead of 12.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void UpdateTouchedRowWise<V, S>(
        float* weights, float* gradient, float* first, float* rowSecond, int stride, int columns, ReadOnlySpan<int> touched, in AdamWStep step)
        where V : struct where S : struct, ISimd<V>
    {
        V beta1 = S.Create(step.Beta1), rest1 = S.Create(1 - step.Beta1), keep = S.Create(1 - step.LearningRate * step.WeightDecay);
        for (int i = 0; i < touched.Length; i++)
        {
            if (i + PrefetchDistance < touched.Length) Prefetch.Row(first + (long)touched[i + PrefetchDistance] * stride, stride);
            int row = touched[i];
            float* w = weights + (long)row * stride, g = gradient + (long)row * stride, m = first + (long)row * stride;
            float v = step.Beta2 * rowSecond[row] + (1 - step.Beta2) * (RowKernels<V, S>.Dot(g, g, stride) / columns);
            rowSecond[row] = v;
            V factor = S.Create(-step.StepSize / (MathF.Sqrt(v) * step.InverseRootCorrection + step.Epsilon));
            for (int c = 0; c < stride; c += S.Count)
            {
                V moment = S.MultiplyAdd(S.Load(m + c), beta1, S.Multiply(S.Load(g + c), rest1));
                S.Store(moment, m + c);
                S.Store(S.MultiplyAdd(factor, moment, S.Multiply(S.Load(w + c), keep)), w + c);
            }
        }
    }

    private const int PrefetchDistance = 16;

    private readonly struct Constants<V, S> where V : struct where S : struct, ISimd<V>
    {
        private readonly V _beta1, _beta2, _rest1, _rest2, _stepSize, _correction, _epsilon, _keep;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal Constants(in AdamWStep step)
        {
            (_beta1, _rest1) = (S.Create(step.Beta1), S.Create(1 - step.Beta1));
            (_beta2, _rest2) = (S.Create(step.Beta2), S.Create(1 - step.Beta2));
            (_stepSize, _correction, _epsilon) = (S.Create(-step.StepSize), S.Create(step.InverseRootCorrection), S.Create(step.Epsilon));
            _keep = S.Create(1 - step.LearningRate * step.WeightDecay);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void Move(float* weights, float* gradient, float* first, float* second, long count)
        {
            for (long i = 0; i < count; i += S.Count)
            {
                V g = S.Load(gradient + i);
                V m = S.MultiplyAdd(S.Load(first + i), _beta1, S.Multiply(g, _rest1));
                V v = S.MultiplyAdd(S.Load(second + i), _beta2, S.Multiply(S.Multiply(g, g), _rest2));
                Finish(weights + i, first + i, second + i, m, v);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void Drift(float* weights, float* first, float* second, long count)
        {
            for (long i = 0; i < count; i += S.Count)
                Finish(weights + i, first + i, second + i, S.Multiply(S.Load(first + i), _beta1), S.Multiply(S.Load(second + i), _beta2));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Finish(float* weights, float* first, float* second, V m, V v)
        {
            S.Store(m, first);
            S.Store(v, second);
            V denominator = S.MultiplyAdd(S.Sqrt(v), _correction, _epsilon);
            S.Store(S.MultiplyAdd(_stepSize, S.Divide(m, denominator), S.Multiply(S.Load(weights), _keep)), weights);
        }
    }
}
