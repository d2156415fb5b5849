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
    public void The_triangle_holds_the_time_from_each_past_event_to_the_next_one()
    {
        long[] times = [5, 5, 90, 91, 4000, long.MaxValue / 2, 12];
        int n = times.Length - 1;
        byte[] triangle = new byte[TimeBuckets.TriangleSize(n)];
        fixed (long* t = times)
        fixed (byte* buckets = triangle) TimeBuckets.Fill(t, n, buckets);
        for (int i = 0, at = 0; i < n; i++)
            for (int j = 0; j <= i; j++) Assert.Equal(TimeBuckets.Bucket(times[i + 1] - times[j]), triangle[at++]);
    }

    private static void Check(long difference)
    {
        float magnitude = MathF.Max(MathF.Abs((float)difference), 1f);
        int expected = Math.Min((int)((float)Math.Log(magnitude) / 0.301f), 128), bucket = TimeBuckets.Bucket(difference);
        if (bucket != expected) Assert.Fail($"{difference} falls into bucket {bucket}, the formula gives {expected}");
    }
}
