using Sequor.Data;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Losses;

public class NegativeSamplerTests
{
    private const int Draws = 60_000;

    [Fact]
    public void Local_negatives_are_uniform_over_the_catalogue_without_padding()
    {
        int[] drawn = Sample(Local, itemCount: 6, threads: 1, step: 0, [2, 3], [3, 3]);
        Assert.Equal(Enumerable.Range(1, 6), drawn.Distinct().Order());
        AssertUniform(drawn, 6);
    }

    [Fact]
    public void In_batch_negatives_are_uniform_over_the_distinct_items_of_the_batch_and_its_targets()
    {
        int[] drawn = Sample(Distinct, itemCount: 50, threads: 1, step: 0, [7, 7, 7, 30], [9, 41]);
        Assert.Equal([7, 9, 30, 41], drawn.Distinct().Order());
        AssertUniform(drawn, 4);
    }

    [Fact]
    public void Without_dedupe_an_item_is_drawn_in_proportion_to_its_events_and_each_event_counts_once()
    {
        int[] drawn = Sample(Events, itemCount: 50, threads: 1, step: 0, [7, 7, 7, 30], [9, 7]);
        Assert.Equal([7, 9, 30], drawn.Distinct().Order());
        AssertShare(drawn, 7, 4.0 / 6);
        AssertShare(drawn, 9, 1.0 / 6);
        AssertShare(drawn, 30, 1.0 / 6);
    }

    [Fact]
    public void Draws_depend_on_the_step_and_not_on_the_threads()
    {
        foreach (LossConfig config in (LossConfig[])[Local, Distinct, Events])
        {
            int[] Step(int threads, long step) => Sample(config, 50, threads, step, [1, 2, 3, 4]);
            Assert.Equal(Step(1, 5), Step(3, 5));
            Assert.NotEqual(Step(1, 5), Step(1, 6));
        }
    }

    // A user is a history and the target behind it.
    private static unsafe int[] Sample(LossConfig config, int itemCount, int threads, long step, params int[][] users)
    {
        using var workers = new WorkerPool(threads);
        using var batch = new SequenceBatch();
        batch.Clear();
        for (int user = 0; user < users.Length; user++) batch.Add(user, new UserSequence(users[user].AsSpan(..^1), [], []), users[user][^1], null);
        int[] all = new int[Draws + batch.TokenCount];
        int samples = all.Length / batch.TokenCount;
        fixed (int* ids = all) new NegativeSampler(config, itemCount, seed: 11).Sample(workers, step, batch, ids, samples);
        for (int t = 0; t < batch.TokenCount; t++) Assert.Equal(batch.Targets[t], all[t * samples]);
        return [.. all.Where((_, place) => place % samples != 0)];
    }

    private static LossConfig Local => new() { Sampling = NegativeSampling.Local };

    private static LossConfig Distinct => new() { Sampling = NegativeSampling.InBatch };

    private static LossConfig Events => new() { Sampling = NegativeSampling.InBatch, InBatchDedup = false };

    private static void AssertUniform(int[] drawn, int kinds)
    {
        foreach (int item in drawn.Distinct()) AssertShare(drawn, item, 1.0 / kinds);
    }

    // Five standard deviations of a binomial count.
    private static void AssertShare(int[] drawn, int item, double share)
    {
        double mean = Draws * share, deviation = Math.Sqrt(mean * (1 - share));
        Assert.InRange(drawn.Count(other => other == item), mean - 5 * deviation, mean + 5 * deviation);
    }
}
