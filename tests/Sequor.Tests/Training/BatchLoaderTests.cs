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
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 4), batchSize: 1, keepRate: 1, seed: 1);
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
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 20), batchSize: 40, keepRate: 0.5, seed: 3);
        loader.Begin(0);
        SequenceBatch batch = loader.Next()!;
        int[] lengths = [.. Enumerable.Range(0, batch.UserCount).Select(batch.Length)];
        Assert.All(lengths, length => Assert.InRange(length, 1, 7));
        Assert.InRange(lengths.Average(), 2.0, 4.0);
    }

    private static int[] Epoch(SequenceStore store, ulong seed, int epoch)
    {
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 4), batchSize: 4, keepRate: 1, seed);
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
