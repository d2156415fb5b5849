using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class VectorMathTests
{
    [Fact]
    public void Exponential_sigmoid_and_normal_functions_keep_their_accuracy_at_every_width()
    {
        Measures<Vector128<float>, Simd128>();
        if (Simd.Width >= 8) Measures<Vector256<float>, Simd256>();
        if (Simd.Width == 16) Measures<Vector512<float>, Simd512>();
    }

    [Fact]
    public void The_ends_of_the_range_saturate_and_never_become_nan()
    {
        Saturates<Vector128<float>, Simd128>();
        if (Simd.Width >= 8) Saturates<Vector256<float>, Simd256>();
        if (Simd.Width == 16) Saturates<Vector512<float>, Simd512>();
    }

    private static void Measures<V, S>() where V : struct where S : struct, ISimd<V>
    {
        float* lanes = stackalloc float[16];
        for (float x = -30; x <= 30; x += 0.0017f)
        {
            V v = S.Create(x);
            double exp = Math.Exp(x), sigmoid = 1 / (1 + Math.Exp(-(double)x));
            S.Store(VectorMath<V, S>.Exp(v), lanes);
            if (Math.Abs(lanes[S.Count - 1] / exp - 1) > 2.5e-7) Assert.Fail($"exp({x}) = {lanes[0]}, expected {exp}");
            S.Store(VectorMath<V, S>.Sigmoid(v), lanes);
            if (Math.Abs(lanes[S.Count - 1] / sigmoid - 1) > 5e-7) Assert.Fail($"sigmoid({x}) = {lanes[0]}, expected {sigmoid}");
            S.Store(VectorMath<V, S>.NormalDensity(v), lanes);
            if (Math.Abs(lanes[0] - Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI)) > 3e-7) Assert.Fail($"density({x}) = {lanes[0]}");
        }
        for (float x = 1; x < 1e30f; x *= 1.0037f)
        {
            S.Store(VectorMath<V, S>.Log2(S.Create(x)), lanes);
            double expected = Math.Log2(x);
            if (Math.Abs(lanes[S.Count - 1] - expected) > 2e-7 * Math.Max(1, expected)) Assert.Fail($"log2({x}) = {lanes[0]}, expected {expected}");
        }
        S.Store(VectorMath<V, S>.Log2(S.Create(1f)), lanes);
        Assert.Equal(0f, lanes[0]);
        for (float x = -8; x <= 8; x += 0.01f)
        {
            S.Store(VectorMath<V, S>.NormalCdf(S.Create(x)), lanes);
            double expected = NormalCdf(x);
            if (Math.Abs(lanes[0] - expected) > 3e-7) Assert.Fail($"normal cdf({x}) = {lanes[0]}, expected {expected}");
        }
    }

    private static void Saturates<V, S>() where V : struct where S : struct, ISimd<V>
    {
        float* lanes = stackalloc float[16];
        foreach (float x in (ReadOnlySpan<float>)[-1e30f, -1000, -88, 88, 1000, 1e30f, float.NegativeInfinity, float.PositiveInfinity])
        {
            S.Store(VectorMath<V, S>.Exp(S.Create(x)), lanes);
            Assert.True(float.IsFinite(lanes[0]) && (x < 0 ? lanes[0] < 1e-37f : lanes[0] > 1e38f), $"exp({x}) = {lanes[0]}");
            S.Store(VectorMath<V, S>.Sigmoid(S.Create(x)), lanes);
            Assert.Equal(x < 0 ? 0f : 1f, lanes[0], 1e-6f);
        }
    }

    // Simpson's rule over the density, from far below.
    private static double NormalCdf(double x)
    {
        const int Steps = 2000;
        double from = -12, h = (x - from) / Steps, sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            double at = from + i * h;
            sum += (i == 0 || i == Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-0.5 * at * at);
        }
        return sum * h / 3 / Math.Sqrt(2 * Math.PI);
    }
}
