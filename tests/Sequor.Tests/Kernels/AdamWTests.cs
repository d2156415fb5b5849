using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class AdamWTests
{
    private delegate void Update(float* weights, float* gradient, float* first, float* second, long count, in AdamWStep step);

    [Fact]
    public void Twenty_steps_equal_the_naive_ones_at_every_width()
    {
        Compare(AdamW.Update<Vector128<float>, Simd128>);
        if (Simd.Width >= 8) Compare(AdamW.Update<Vector256<float>, Simd256>);
        if (Simd.Width == 16) Compare(AdamW.Update<Vector512<float>, Simd512>);
        Compare(AdamW.Update);
    }

    private static void Compare(Update update)
    {
        const int Count = 48;
        const double Rate = 1e-3, Decay = 0.01, Beta1 = 0.9, Beta2 = 0.98;
        var random = new Random(3);
        using Floats w = Floats.Random(random, Count), first = new(Count), second = new(Count);
        double[] weights = [.. w.Span.ToArray().Select(x => (double)x)], m = new double[Count], v = new double[Count];
        for (int step = 1; step <= 20; step++)
        {
            // Some weights see no gradient for a while, some never: they move by momentum and decay alone.
            using Floats g = Floats.Random(random, Count, MathF.Pow(10, random.Next(-4, 2)));
            for (int i = 0; i < Count; i++) if (i % 5 == 0 || (i + step) % 7 == 0) g.Pointer[i] = 0;
            update(w.Pointer, g.Pointer, first.Pointer, second.Pointer, Count, new AdamWStep((float)Rate, (float)Beta1, (float)Beta2, 1e-8f, (float)Decay, step));
            for (int i = 0; i < Count; i++)
            {
                m[i] = Beta1 * m[i] + (1 - Beta1) * g.Pointer[i];
                v[i] = Beta2 * v[i] + (1 - Beta2) * g.Pointer[i] * g.Pointer[i];
                double corrected = Math.Sqrt(v[i] / (1 - Math.Pow(Beta2, step))) + 1e-8;
                weights[i] = weights[i] * (1 - Rate * Decay) - Rate / (1 - Math.Pow(Beta1, step)) * m[i] / corrected;
                Assert.Equal(weights[i], w.Pointer[i], 1e-6);
            }
        }
        Assert.True(w.Intact && first.Intact && second.Intact);
    }
}
