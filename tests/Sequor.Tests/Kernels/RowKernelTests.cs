using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class RowKernelTests
{
    private const float Epsilon = 1e-6f;

    [Fact]
    public void Layer_norm_and_its_gradient_equal_the_naive_ones_at_every_width()
    {
        for (int columns = 1; columns <= 70; columns++)
        {
            Normalizes<Vector128<float>, Simd128>(columns);
            if (Simd.Width >= 8) Normalizes<Vector256<float>, Simd256>(columns);
            if (Simd.Width == 16) Normalizes<Vector512<float>, Simd512>(columns);
        }
    }

    [Fact]
    public void Dots_and_sums_equal_the_naive_ones_at_every_width()
    {
        for (int padded = 16; padded <= 80; padded += 16)
        {
            Adds<Vector128<float>, Simd128>(padded);
            if (Simd.Width >= 8) Adds<Vector256<float>, Simd256>(padded);
            if (Simd.Width == 16) Adds<Vector512<float>, Simd512>(padded);
        }
    }

    private static void Normalizes<V, S>(int columns) where V : struct where S : struct, ISimd<V>
    {
        var random = new Random(columns);
        int padded = Simd.Pad(columns);
        using Floats x = Floats.Random(random, padded, 3), dy = Floats.Random(random, padded), y = Floats.Filled(padded, 7), dx = Floats.Random(random, padded);
        foreach (Floats row in (Floats[])[x, dy, dx]) row.Span[columns..].Clear();
        float[] before = dx.Span.ToArray();
        RowKernels<V, S>.Normalize(x.Pointer, y.Pointer, columns, padded, Epsilon, out float mean, out float inverse);
        double expectedMean = 0, variance = 0, meanGradient = 0, projection = 0;
        for (int c = 0; c < columns; c++) expectedMean += x.Pointer[c] / (double)columns;
        for (int c = 0; c < columns; c++) variance += (x.Pointer[c] - expectedMean) * (x.Pointer[c] - expectedMean) / columns;
        double expectedInverse = 1 / Math.Sqrt(variance + Epsilon);
        Assert.Equal(expectedMean, mean, 1e-6);
        // With one column the row is its mean, and float rounding is all there is to divide.
        if (columns > 1) Assert.Equal(1, inverse / expectedInverse, 1e-5);
        for (int c = 0; c < padded; c++) Assert.Equal(c < columns ? (x.Pointer[c] - mean) * (double)inverse : 0, y.Pointer[c], 2e-6);

        for (int c = 0; c < columns; c++)
        {
            meanGradient += dy.Pointer[c] / (double)columns;
            projection += (double)dy.Pointer[c] * y.Pointer[c] / columns;
        }
        RowKernels<V, S>.NormalizeBackward(dy.Pointer, y.Pointer, inverse, dx.Pointer, columns, padded, accumulate: true);
        for (int c = 0; c < padded; c++)
        {
            double expected = before[c] + (c < columns ? inverse * (dy.Pointer[c] - meanGradient - y.Pointer[c] * projection) : 0);
            Assert.Equal(expected, dx.Pointer[c], 4e-6 * Math.Max(1, inverse));
        }
        RowKernels<V, S>.NormalizeBackward(dy.Pointer, y.Pointer, inverse, dx.Pointer, columns, padded, accumulate: false);
        for (int c = 0; c < columns; c++) Assert.Equal(inverse * (dy.Pointer[c] - meanGradient - y.Pointer[c] * projection), dx.Pointer[c], 4e-6 * Math.Max(1, inverse));
        Assert.True(y.Intact && dx.Intact);
    }

    private static void Adds<V, S>(int padded) where V : struct where S : struct, ISimd<V>
    {
        var random = new Random(padded);
        using Floats x = Floats.Random(random, padded), y = Floats.Random(random, padded);
        float[] before = y.Span.ToArray();
        double dot = 0;
        for (int c = 0; c < padded; c++) dot += (double)x.Pointer[c] * y.Pointer[c];
        Assert.Equal(dot, RowKernels<V, S>.Dot(x.Pointer, y.Pointer, padded), 5e-6);
        RowKernels<V, S>.AddScaled(0.7f, x.Pointer, y.Pointer, padded);
        RowKernels<V, S>.Add(x.Pointer, y.Pointer, padded);
        for (int c = 0; c < padded; c++) Assert.Equal(before[c] + 1.7 * x.Pointer[c], y.Pointer[c], 1e-6);
        Assert.True(y.Intact);
    }
}
