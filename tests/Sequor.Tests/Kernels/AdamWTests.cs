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

    [Fact]
    public void Updates_of_a_block_equal_the_naive_ones_at_every_width()
    {
        CompareBlocks<Vector128<float>, Simd128>();
        if (Simd.Width >= 8) CompareBlocks<Vector256<float>, Simd256>();
        if (Simd.Width == 16) CompareBlocks<Vector512<float>, Simd512>();
    }

    // 40 rows of 11 columns, of which each step touches another set.
    private static void CompareBlocks<V, S>() where V : struct where S : struct, ISimd<V>
    {
        const int Rows = 40, Columns = 11, Stride = 16;
        for (int kind = 0; kind < 3; kind++)
        {
            var random = new Random(kind);
            using Floats w = Floats.Random(random, Rows * Stride), first = new(Rows * Stride), second = new(Rows * Stride);
            for (int i = 0; i < w.Length; i++) if (i % Stride >= Columns) w.Pointer[i] = 0;
            var twin = new NaiveAdamW(w.Span.ToArray(), Rows, Stride, Columns);
            for (int step = 1; step <= 12; step++)
            {
                // What lies in a row that was not touched must not matter.
                using Floats g = Floats.Filled(Rows * Stride, float.NaN);
                int[] touched = [.. Enumerable.Range(0, Rows).Where(_ => random.Next(3) == 0)];
                foreach (int row in touched)
                    for (int c = 0; c < Stride; c++) g.Pointer[row * Stride + c] = c < Columns ? (float)random.NextDouble() - 0.5f : 0;
                var numbers = new AdamWStep(0.01f, 0.9f, 0.98f, 1e-8f, 0.1f, step);
                if (kind == 0) AdamW.UpdateBlock<V, S>(w.Pointer, g.Pointer, first.Pointer, second.Pointer, Rows, Stride, touched, numbers);
                else if (kind == 1) AdamW.UpdateTouched<V, S>(w.Pointer, g.Pointer, first.Pointer, second.Pointer, Stride, touched, numbers);
                else AdamW.UpdateTouchedRowWise<V, S>(w.Pointer, g.Pointer, first.Pointer, second.Pointer, Stride, Columns, touched, numbers);
                twin.Step(touched, (row, c) => g.Pointer[row * Stride + c], 0.01, 0.1, lazy: kind > 0, rowWise: kind == 2);
                for (int i = 0; i < w.Length; i++) Assert.Equal(twin.Weights[i], w.Pointer[i], 2e-6);
            }
            Assert.True(w.Intact && first.Intact && second.Intact);
        }
    }
}

/// <summary>AdamW with β = (.9, .98) in double, a loop a formula: every row, or only those that a step touched, with a second moment a weight or a row.</summary>
internal sealed class NaiveAdamW(float[] weights, int rows, int stride, int columns)
{
    private readonly double[] _first = new double[weights.Length], _second = new double[weights.Length];
    private int _step;

    internal double[] Weights { get; } = [.. weights.Select(w => (double)w)];

    internal void Step(IEnumerable<int> touched, Func<int, int, double> gradient, double rate, double decay, bool lazy, bool rowWise)
    {
        _step++;
        var set = touched.ToHashSet();
        for (int row = 0; row < rows; row++)
        {
            if (lazy && !set.Contains(row)) continue;
            double[] g = [.. Enumerable.Range(0, columns).Select(c => set.Contains(row) ? gradient(row, c) : 0)];
            double meanSquare = g.Sum(x => x * x) / columns;
            for (int c = 0; c < columns; c++)
            {
                int i = row * stride + c;
                _first[i] = 0.9 * _first[i] + 0.1 * g[c];
                _second[i] = 0.98 * _second[i] + 0.02 * (rowWise ? meanSquare : g[c] * g[c]);
                double root = Math.Sqrt(_second[i] / (1 - Math.Pow(0.98, _step))) + 1e-8;
                Weights[i] = Weights[i] * (1 - rate * decay) - rate / (1 - Math.Pow(0.9, _step)) * _first[i] / root;
            }
        }
    }
}
