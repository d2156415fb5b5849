using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Time buckets and the bias that they select.</summary>
public class TimeParityTests
{
    public static TheoryData<string> BucketCases => GoldenCase.Of("time_buckets");

    public static TheoryData<string> BiasCases => GoldenCase.Of("rel_bias_modules");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(BucketCases))]
    public void Buckets_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        // The case holds the buckets before the clamp.
        Assert.Equal(golden.Longs("out.bucket").Select(bucket => Math.Min(bucket, TimeBuckets.Count - 1)), golden.Longs("in.dt").Select(dt => (long)TimeBuckets.Bucket(dt)));
    }

    // The case has 4 buckets where Sequor always has 128: its clamp is repeated here, buckets and places in the table are ours.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(BiasCases))]
    public void The_bias_picks_the_entries_that_the_reference_picks(string name)
    {
        var golden = GoldenCase.Load(name);
        int n = golden.Int("max_seq_len"), last = golden.Int("num_buckets"), users = golden.Shape("in.timestamps")[0];
        long[] times = golden.Longs("in.timestamps");
        float[] time = golden.Floats("w.bucketed._ts_w"), position = golden.Floats("w.bucketed._pos_w"), alone = golden.Floats("w.pos._w");
        float[] cotangent = golden.Floats("in.cotangent_bucketed"), cotangentAlone = golden.Floats("in.cotangent_pos");
        float[] bucketed = new float[users * n * n], positions = new float[n * n];
        float[] timeGradient = new float[time.Length], positionGradient = new float[position.Length], aloneGradient = new float[alone.Length];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                int distance = n - 1 + j - i;
                positions[i * n + j] = alone[distance];
                aloneGradient[distance] += cotangentAlone[i * n + j];
                for (int b = 0; b < users; b++)
                {
                    int at = (b * n + i) * n + j, bucket = Math.Min(TimeBuckets.Bucket(times[b * n + Math.Min(i + 1, n - 1)] - times[b * n + j]), (byte)last);
                    bucketed[at] = position[distance] + time[bucket];
                    timeGradient[bucket] += cotangent[at];
                    positionGradient[distance] += cotangent[at];
                }
            }
        Agreement.Check("out.bucketed", golden.Floats("out.bucketed"), bucketed);
        Agreement.Check("out.pos", golden.Floats("out.pos"), positions);
        Agreement.Check("grad.bucketed._ts_w", golden.Floats("grad.bucketed._ts_w"), timeGradient);
        Agreement.Check("grad.bucketed._pos_w", golden.Floats("grad.bucketed._pos_w"), positionGradient);
        Agreement.Check("grad.pos._w", golden.Floats("grad.pos._w"), aloneGradient);
    }
}
