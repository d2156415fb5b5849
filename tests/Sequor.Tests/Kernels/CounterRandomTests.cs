using System.Runtime.Intrinsics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class CounterRandomTests
{
    [Fact]
    public void Dropout_factors_are_the_same_at_every_width()
    {
        foreach (uint key in (uint[])[0, 1, 0xDEADBEEF])
            foreach (uint start in (uint[])[0, 48, 1u << 20, uint.MaxValue - 15])
            {
                float[] narrow = Factors<Vector128<float>, Simd128>(key, start);
                // The wider structs are plain vector code: they run, if slowly, on any machine.
                Assert.Equal(narrow, Factors<Vector256<float>, Simd256>(key, start));
                Assert.Equal(narrow, Factors<Vector512<float>, Simd512>(key, start));
            }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void Dropout_keeps_the_share_that_it_says_and_the_mean(double rate)
    {
        const int Draws = 1 << 20;
        float scale = (float)(1 / (1 - rate)), sum = 0;
        float* lanes = stackalloc float[4];
        int kept = 0;
        uint key = new CounterRandom(7, RandomPurpose.Dropout, 3).LaneKey(2);
        for (uint i = 0; i < Draws; i += 4)
        {
            Simd128.Store(Simd128.DropoutFactors(key, i, (uint)(rate * 4294967296.0), scale), lanes);
            for (int lane = 0; lane < 4; lane++)
            {
                Assert.True(lanes[lane] == 0 || lanes[lane] == scale);
                if (lanes[lane] != 0) kept++;
            }
        }
        sum = kept * scale;
        double deviation = Math.Sqrt(rate * (1 - rate) / Draws);
        Assert.Equal(1 - rate, kept / (double)Draws, 5 * deviation);
        Assert.Equal(1, sum / Draws, 5 * deviation * scale);
    }

    [Fact]
    public void Masks_of_different_steps_layers_and_rows_do_not_resemble_each_other()
    {
        uint[] keys = [.. Enumerable.Range(0, 6).Select(i => new CounterRandom(7, RandomPurpose.Dropout, (ulong)(i / 3)).LaneKey(i % 3))];
        float[][] masks = [.. keys.Select(key => Mask(key, 0)), Mask(keys[0], 8192), Mask(keys[0], 1 << 24)];
        for (int a = 0; a < masks.Length; a++)
            for (int b = 0; b < a; b++)
                Assert.Equal(0.5, masks[a].Zip(masks[b]).Count(pair => pair.First == pair.Second) / (double)masks[a].Length, 0.03);
    }

    [Fact]
    public void Draws_are_uniform_normal_and_within_their_bound()
    {
        const int Draws = 200_000;
        var random = new CounterRandom(1, RandomPurpose.Negatives, 9);
        int[] counts = new int[7];
        double uniform = 0, normal = 0, squares = 0;
        for (ulong i = 0; i < Draws; i++)
        {
            counts[random.Below(7, i)]++;
            uniform += random.Uniform(i);
            double z = random.Normal(i);
            normal += z;
            squares += z * z;
        }
        Assert.All(counts, count => Assert.Equal(Draws / 7.0, count, 5 * Math.Sqrt(Draws / 7.0)));
        Assert.Equal(0.5, uniform / Draws, 0.004);
        Assert.Equal(0, normal / Draws, 0.012);
        Assert.Equal(1, squares / Draws, 0.016);
    }

    [Fact]
    public void Draws_in_bulk_are_the_draws_one_by_one()
    {
        var random = new CounterRandom(3, RandomPurpose.Negatives, 5);
        foreach (int bound in (int[])[1, 7, 3883, int.MaxValue])
            foreach (int count in (int[])[0, 1, 8, 131])
            {
                int[] drawn = new int[count];
                random.Below(bound, 1000, drawn);
                Assert.Equal(Enumerable.Range(0, count).Select(i => random.Below(bound, 1000 + (ulong)i)), drawn);
            }
    }

    private static float[] Mask(uint key, uint start)
    {
        var mask = new float[8192];
        float* lanes = stackalloc float[4];
        for (uint i = 0; i < mask.Length; i += 4)
        {
            Simd128.Store(Simd128.DropoutFactors(key, start + i, 1u << 31, 1), lanes);
            new Span<float>(lanes, 4).CopyTo(mask.AsSpan((int)i));
        }
        return mask;
    }

    private static float[] Factors<V, S>(uint key, uint start) where V : struct where S : struct, ISimd<V>
    {
        var factors = new float[64];
        fixed (float* target = factors)
            for (int i = 0; i < factors.Length; i += S.Count) S.Store(S.DropoutFactors(key, unchecked(start + (uint)i), 1u << 30, 1.25f), target + i);
        return factors;
    }
}
