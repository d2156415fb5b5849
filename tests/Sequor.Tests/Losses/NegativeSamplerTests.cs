using Sequor.Kernels;
using Sequor.Losses;
using Xunit;

namespace Sequor.Tests.Losses;

public class NegativeSamplerTests
{
    private const int Draws = 60_000;

    [Fact]
    public void Local_negatives_are_uniform_over_the_catalogue_without_padding()
    {
        int[] drawn = Sample(NegativeSampling.Local, itemCount: 6, threads: 1, step: 0, [2, 2], [3, 3]);
        Assert.Equal(Enumerable.Range(1, 6), drawn.Distinct().Order());
        AssertUniform(drawn, 6);
    }

    [Fact]
    public void In_batch_negatives_are_uniform_over_the_distinct_items_of_the_batch_and_its_targets()
    {
        int[] drawn = Sample(NegativeSampling.InBatch, itemCount: 50, threads: 1, step: 0, [7, 7, 7, 9], [7, 9, 30, 41]);
        Assert.Equal([7, 9, 30, 41], drawn.Distinct().Order());
        AssertUniform(drawn, 4);
    }

    [Theory]
    [InlineData(NegativeSampling.Local)]
    [InlineData(NegativeSampling.InBatch)]
    public void Draws_depend_on_the_step_and_not_on_the_threads(NegativeSampling sampling)
    {
        int[] Step(int threads, long step) => Sample(sampling, 50, threads, step, [1, 2, 3], [2, 3, 4]);
        Assert.Equal(Step(1, 5), Step(3, 5));
        Assert.NotEqual(Step(1, 5), Step(1, 6));
    }

    private static unsafe int[] Sample(NegativeSampling sampling, int itemCount, int threads, long step, int[] items, int[] targets)
    {
        using var workers = new WorkerPool(threads);
        int[] all = new int[Draws + targets.Length];
        int samples = all.Length / targets.Length;
        fixed (int* ids = all)
            new NegativeSampler(new LossConfig { Sampling = sampling }, itemCount, seed: 11).Sample(workers, step, items, targets, ids, samples);
        for (int t = 0; t < targets.Length; t++) Assert.Equal(targets[t], all[t * samples]);
        return [.. all.Where((_, place) => place % samples != 0)];
    }

    // Five standard deviations of a binomial count.
    private static void AssertUniform(int[] drawn, int kinds)
    {
        double mean = (double)Draws / kinds, deviation = Math.Sqrt(mean * (1 - 1.0 / kinds));
        Assert.All(drawn.CountBy(item => item), pair => Assert.InRange(pair.Value, mean - 5 * deviation, mean + 5 * deviation));
    }
}
