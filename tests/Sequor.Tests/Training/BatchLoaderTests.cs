using Sequor.Data;
using Sequor.Modeling;
using Sequor.Tests.Data;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

public sealed class BatchLoaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_epoch_shows_every_usable_user_once_in_an_order_of_seed_and_epoch()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [5, 1, 4, 2, 6, 3, 7, 8]));
        // The last event is held out, so users 1 and 3 have no history left.
        int[] usable = [0, 2, 4, 5, 6, 7];
        int[] first = Epoch(store, seed: 1, epoch: 0), again = Epoch(store, seed: 1, epoch: 0);
        Assert.Equal(usable, first.Order());
        Assert.Equal(first, again);
        Assert.Contains(Enumerable.Range(1, 5).Select(epoch => Epoch(store, 1, epoch)), order => !order.SequenceEqual(first));
        Assert.Contains(Enumerable.Range(2, 5).Select(seed => Epoch(store, (ulong)seed, 0)), order => !order.SequenceEqual(first));
    }

    [Fact]
    public void Batches_that_were_never_given_back_do_not_stop_the_next_epoch()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [5, 4, 6, 3, 7, 8]));
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 4), new TrainingConfig { BatchSize = 1, Seed = 1 });
        for (int epoch = 0; epoch < 4; epoch++)
        {
            loader.Begin(epoch);
            Assert.NotNull(loader.Next());
        }
    }

    [Fact]
    public void Positional_sampling_shortens_histories_and_never_empties_one()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [.. Enumerable.Repeat(9, 40)]));
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 20), new TrainingConfig { BatchSize = 40, PositionalSamplingRatio = 0.5, Seed = 3 });
        loader.Begin(0);
        SequenceBatch batch = loader.Next()!;
        int[] lengths = [.. Enumerable.Range(0, batch.UserCount).Select(batch.Length)];
        Assert.All(lengths, length => Assert.InRange(length, 1, 7));
        Assert.InRange(lengths.Average(), 2.0, 4.0);
    }

    [Fact]
    public void A_budget_of_events_ends_a_batch_and_loses_nobody()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [5, 4, 12, 3, 7, 8, 20, 6, 4, 9]));
        var config = new TrainingConfig { BatchSize = 100, BatchTokens = 12, Seed = 1 };
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 15), config);
        var users = new List<int>();
        loader.Begin(0);
        while (loader.Next() is { } batch)
        {
            Assert.True(batch.TokenCount <= 12 || batch.UserCount == 1);
            users.AddRange(batch.Users);
            loader.Return(batch);
        }
        Assert.Equal(Enumerable.Range(0, 10), users.Order());
    }

    [Fact]
    public void Stochastic_length_shortens_long_histories_towards_their_newest_events_and_spares_short_ones()
    {
        // N = 64, alpha = 1.5: histories of more than 64^0.75 = 22 events lose some, those of 64 with probability 1 - 64^1.5 / 64^2 = 7/8.
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [.. Enumerable.Repeat(22, 100), .. Enumerable.Repeat(80, 400)], itemCount: 100));
        var view = LeaveOneOut.Train(store, EvaluationProtocol.Reference, 64);
        using var loader = new BatchLoader(view, new TrainingConfig { BatchSize = 1, StochasticLengthAlpha = 1.5, Seed = 5 });
        int whole = 0, cut = 0;
        double place = 0;
        loader.Begin(0);
        while (loader.Next() is { } batch)
        {
            LeaveOneOutExample all = view.Get(batch.Users[0]);
            ReadOnlySpan<int> full = all.History.Items, kept = batch.Items;
            Assert.Equal(all.TargetItem, batch.Targets[^1]);
            if (full.Length == 20) Assert.Equal(full.ToArray(), kept.ToArray());
            else if (kept.Length == full.Length) whole++;
            else
            {
                Assert.Equal(22, kept.Length);
                cut++;
                int at = -1;
                foreach (int item in kept)
                {
                    int next = at + 1 + full[(at + 1)..].IndexOf(item);
                    Assert.True(next > at, "the order changed");
                    at = next;
                    place += at / 63.0 / kept.Length;
                }
            }
            loader.Return(batch);
        }
        Assert.Equal(400, whole + cut);
        Assert.InRange(whole / 400.0, 1.0 / 8 - 0.06, 1.0 / 8 + 0.06);
        // Uniform draws would have a mean place of 1/2, linear weights without replacement about .6.
        Assert.InRange(place / cut, 0.55, 0.68);
    }

    private static int[] Epoch(SequenceStore store, ulong seed, int epoch)
    {
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 4), new TrainingConfig { BatchSize = 4, Seed = seed });
        var users = new List<int>();
        loader.Begin(epoch);
        while (loader.Next() is { } batch)
        {
            users.AddRange(batch.Users);
            loader.Return(batch);
        }
        return [.. users];
    }
}
