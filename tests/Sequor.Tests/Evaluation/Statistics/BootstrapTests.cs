using Sequor.Evaluation.Statistics;
using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Evaluation.Statistics;

public sealed class BootstrapTests
{
    [Fact]
    public void Of_two_users_the_means_have_the_distribution_that_they_have_by_hand()
    {
        // 0 and 1 drawn twice: mean 0 in a quarter of the cases, ½ in half, 1 in a quarter.
        var bootstrap = new Bootstrap(new UserTable([[0, 1]]), 9_999, 42, WorkerPool.Shared);
        Assert.Equal(new Estimate(0.5, 0, 1), bootstrap.Mean(0));
        Assert.Equal(new Estimate(0.5, 0, 1), bootstrap.Mean(0, 0.56));
        Assert.Equal(new Estimate(0.5, 0.5, 0.5), bootstrap.Mean(0, 0.44));
    }

    [Fact]
    public void Of_many_users_the_interval_is_that_of_the_normal_distribution()
    {
        double[] values = Normals(seed: 3, 2_000);
        double mean = values.Average(), error = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) / values.Length);
        Estimate found = new Bootstrap(new UserTable([values]), 9_999, 42, WorkerPool.Shared).Mean(0);
        Assert.Equal(mean, found.Mean, 1e-12);
        // The ends of 9,999 resamples are known to a few hundredths of the error.
        Assert.InRange((found.Low - mean) / error, -1.959964 - 0.12, -1.959964 + 0.12);
        Assert.InRange((found.High - mean) / error, 1.959964 - 0.12, 1.959964 + 0.12);
    }

    [Fact]
    public void Intervals_hold_the_truth_as_often_as_they_say()
    {
        const int Samples = 400;
        int held = 0;
        for (int sample = 0; sample < Samples; sample++)
        {
            Estimate found = new Bootstrap(new UserTable([Normals((ulong)sample + 100, 80)]), 399, (ulong)sample, WorkerPool.Shared).Mean(0);
            held += found.Low <= 0 && 0 <= found.High ? 1 : 0;
        }

        // Percentile intervals of 80 values are a little short: about 94 %. Three standard errors are .036.
        Assert.InRange((double)held / Samples, 0.94 - 0.036, 0.94 + 0.036);
    }

    [Fact]
    public void Differences_are_paired_by_user()
    {
        double[] values = Normals(seed: 9, 300);
        var bootstrap = new Bootstrap(new UserTable([values, [.. values.Select(value => value + 0.25)], Normals(seed: 10, 300)]), 999, 42, WorkerPool.Shared);
        // What every user gains has no spread, though both means do.
        Estimate gain = bootstrap.Difference(1, 0);
        Assert.Equal((0.25, 0.25, 0.25), (Math.Round(gain.Mean, 9), Math.Round(gain.Low, 9), Math.Round(gain.High, 9)));
        Assert.True(bootstrap.Mean(0) is var mean && mean.High - mean.Low > 0.1);
        Estimate there = bootstrap.Difference(2, 0), back = bootstrap.Difference(0, 2);
        Assert.Equal((there.Low, there.High), (-back.High, -back.Low));
    }

    [Fact]
    public void Threads_change_nothing_and_the_seed_something()
    {
        var table = new UserTable([Normals(seed: 1, 100), Normals(seed: 2, 100)]);
        using var alone = new WorkerPool(1);
        using var many = new WorkerPool(3);
        Estimate found = new Bootstrap(table, 999, 42, alone).Difference(0, 1);
        Assert.Equal(found, new Bootstrap(table, 999, 42, many).Difference(0, 1));
        Assert.NotEqual(found, new Bootstrap(table, 999, 43, many).Difference(0, 1));
    }

    [Fact]
    public void Columns_of_different_users_are_refused()
    {
        Assert.Contains("column 1 has 2 users, column 0 has 3", Assert.Throws<ArgumentException>(() => new UserTable([[1, 2, 3], [1, 2]])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new UserTable([]));
        Assert.Throws<ArgumentException>(() => new UserTable([[]]));
    }

    private static double[] Normals(ulong seed, int count)
    {
        var random = new CounterRandom(seed, RandomPurpose.Shuffle, 0);
        return [.. Enumerable.Range(0, count).Select(i => random.Normal((ulong)i))];
    }
}
