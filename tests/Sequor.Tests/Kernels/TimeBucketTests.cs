using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public unsafe class TimeBucketTests
{
    [Fact]
    public void Random_differences_fall_where_the_formula_puts_them()
    {
        var random = new Random(1);
        for (int i = 0; i < 2_000_000; i++) Check(random.NextInt64() >> random.Next(64));
    }

    [Fact]
    public void Differences_around_every_boundary_fall_where_the_formula_puts_them()
    {
        for (int bucket = 0; bucket <= 146; bucket++)
        {
            double boundary = Math.Exp(bucket * (double)0.301f);
            for (int ulp = -40; ulp <= 40; ulp++)
            {
                double at = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits((float)boundary) + ulp);
                if (at < long.MaxValue) Check((long)at);
                if (at < 1e6) Check((long)boundary + ulp);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(long.MinValue + 1)]
    public void Extremes_fall_where_the_formula_puts_them(long difference) => Check(difference);

    [Fact]
    public void The_squares_hold_the_time_from_each_past_event_to_the_next_one()
    {
        CheckSquares([5, 5, 90, 91, 4000, long.MaxValue / 2, 12]);
        CheckSquares([0, long.MaxValue, long.MinValue, 7]);
        var random = new Random(2);
        for (int n = 1; n < 150; n++)
        {
            long time = random.NextInt64() >> random.Next(11, 40);
            CheckSquares([.. Enumerable.Range(0, n + 1).Select(_ => time += (random.NextInt64() >> random.Next(14, 64)) - (n % 4 == 0 ? 3 : 0))]);
        }
    }

    [Fact]
    public void Differences_around_every_boundary_fall_into_the_squares_where_the_formula_puts_them()
    {
        for (int bucket = 0; bucket <= 121; bucket++)
        {
            long boundary = (long)Math.Exp(bucket * (double)0.301f);
            long[] times = new long[82];
            for (int at = 0; at < 81; at++) times[at] = Math.Min(boundary - (long)((at - 40) * Math.Max(1, boundary * 6e-8)), 1L << 52);
            CheckSquares(times);
        }
    }

    // Cut where work may be cut, and where rows may be settled: a part leaves the rows of the others alone.
    private static void CheckSquares(long[] times)
    {
        int n = times.Length - 1, stride = TimeBuckets.Stride(n), size = (int)TimeBuckets.Size(n);
        byte[] squares = new byte[size + 64];
        foreach (int cut in Enumerable.Range(0, (n + 63) / 64).Select(part => 64 * part).Concat([n / 3, n - 1]).Distinct())
        {
            Array.Fill(squares, (byte)201);
            fixed (long* t = times)
            fixed (byte* buckets = squares)
            {
                if (cut > 0) TimeBuckets.Fill(t, n, cut, n, buckets);
                for (int i = 0; i < cut; i++)
                    for (int j = 0; j <= i; j++) Assert.Equal(201, squares[TimeBuckets.Place(i, j, n)]);
                TimeBuckets.Fill(t, n, 0, cut > 0 ? cut : n, buckets);
            }
            for (int i = 0; i < n; i++)
                for (int j = 0; j <= i; j++)
                    Assert.Equal(TimeBuckets.Bucket(times[i + 1] - times[j]), squares[TimeBuckets.Square(i / 64 * 64, j / 64 * 64) + i % 64 * stride + j % 64]);
            Assert.True(squares.AsSpan(size).IndexOfAnyExcept((byte)201) < 0);
        }
    }

    private static void Check(long difference)
    {
        float magnitude = MathF.Max(MathF.Abs((float)difference), 1f);
        int expected = Math.Min((int)((float)Math.Log(magnitude) / 0.301f), 128), bucket = TimeBuckets.Bucket(difference);
        if (bucket != expected) Assert.Fail($"{difference} falls into bucket {bucket}, the formula gives {expected}");
    }
}
