using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>Numbers of one AdamW step (arXiv 1711.05101), as torch.optim.AdamW computes them.</summary>
internal readonly record struct AdamWStep(float LearningRate, float Beta1, float Beta2, float Epsilon, float WeightDecay, long Step)
{
    internal float StepSize => (float)(LearningRate / (1 - Math.Pow(Beta1, Step)));
    internal float InverseRootCorrection => (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, Step)));
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
        V beta1 = S.Create(step.Beta1), beta2 = S.Create(step.Beta2), rest1 = S.Create(1 - step.Beta1), rest2 = S.Create(1 - step.Beta2);
        V stepSize = S.Create(-step.StepSize), correction = S.Create(step.InverseRootCorrection), epsilon = S.Create(step.Epsilon);
        V keep = S.Create(1 - step.LearningRate * step.WeightDecay);
        for (long i = 0; i < count; i += S.Count)
        {
            V g = S.Load(gradient + i);
            V m = S.MultiplyAdd(S.Load(first + i), beta1, S.Multiply(g, rest1));
            V v = S.MultiplyAdd(S.Load(second + i), beta2, S.Multiply(S.Multiply(g, g), rest2));
            S.Store(m, first + i);
            S.Store(v, second + i);
            V denominator = S.MultiplyAdd(S.Sqrt(v), correction, epsilon);
            S.Store(S.MultiplyAdd(stepSize, S.Divide(m, denominator), S.Multiply(S.Load(weights + i), keep)), weights + i);
        }
    }
}
