using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class SyntheticDatasetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_seed_gives_the_same_data_every_time()
    {
        var source = new SyntheticSource { UserCount = 50, ItemCount = 200, MeanLength = 10 };
        string first = Prepared.Prepare(source, folder.File("a")).Fingerprint;
        Assert.Equal(first, Prepared.Prepare(source, folder.File("b")).Fingerprint);
        Assert.NotEqual(first, Prepared.Prepare(source with { Seed = 43 }, folder.File("c")).Fingerprint);
    }

    [Theory]
    [InlineData(2_000, 1_000, 40, 42, "ca66d6986cbbc92cc2747ab888f77c83b6dde4755904350afeb505a4a8340928")]
    [InlineData(300, 50, 25, 5, "4750987f277855eab281381a7791cb85ccf9a9783eabbdfef2466cbc26d77aae")]
    [InlineData(3_000, 30_000, 300, 9, "8dc8d7144fc879da89ed1ffe776502042dedb58cb690e49cb7168850b6bab647")]
    public void The_bits_are_those_of_the_first_version_on_any_number_of_threads(int users, int items, int length, int seed, string fingerprint)
    {
        var source = new SyntheticSource { UserCount = users, ItemCount = items, MeanLength = length, Seed = (ulong)seed };
        for (int threads = 1; threads <= 3; threads++)
        {
            var request = new PreparationRequest { Source = source, Output = folder.File("s"), ThreadCount = threads };
            Assert.Equal(fingerprint, DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken).Fingerprint);
        }
    }

    [Fact]
    public void Sizes_are_as_asked_and_nobody_sees_an_item_twice()
    {
        using var store = Prepared.Open(new SyntheticSource(), folder.File("s"));
        Assert.Equal((2_000, 1_000), (store.UserCount, store.Items.Count));
        Assert.InRange(store.InteractionCount / (double)store.UserCount, 38, 42);
        for (int user = 0; user < store.UserCount; user++) Assert.Equal(store[user].Length, store[user].Items.ToArray().Distinct().Count());
        string?[] titles = [.. Enumerable.Range(1, 1_000).Select(store.Items.Title)];
        Assert.Equal(1_000, titles.Distinct().Count());
        Assert.All(titles, title => Assert.Matches(@"^[A-Z][A-Za-z. 0-9]+ \(\d{4}\)$", title));
    }

    [Fact]
    public void The_next_item_is_learnable_far_beyond_popularity()
    {
        using var store = Prepared.Open(new SyntheticSource(), folder.File("s"));
        int count = store.Items.Count;
        float[] popularity = new float[count + 1];
        float[,] follows = new float[count + 1, count + 1];
        var train = LeaveOneOut.Train(store, EvaluationProtocol.Reference, 1_000);
        for (int user = 0; user < store.UserCount; user++)
        {
            ReadOnlySpan<int> items = store[user].Items[..train.EventCount(user)];
            for (int i = 0; i < items.Length; i++)
            {
                popularity[items[i]]++;
                if (i > 0) follows[items[i - 1], items[i]]++;
            }
        }

        var test = LeaveOneOut.Test(store, 1_000);
        double popularHits = 0, chainHits = 0;
        for (int user = 0; user < store.UserCount; user++)
        {
            LeaveOneOutExample example = test.Get(user);
            int last = example.History.Items[^1], target = example.TargetItem;
            int popularRank = 1, chainRank = 1;
            for (int item = 1; item <= count; item++)
            {
                if (example.History.Items.Contains(item)) continue;
                if (popularity[item] > popularity[target]) popularRank++;
                if (Score(item) > Score(target)) chainRank++;
            }

            if (popularRank <= 10) popularHits++;
            if (chainRank <= 10) chainHits++;

            // A first-order chain, popularity where it knows nothing: the least of sequential models.
            float Score(int item) => follows[last, item] + 1e-3f * popularity[item];
        }

        TestContext.Current.SendDiagnosticMessage($"HR@10 popularity {popularHits / store.UserCount:F3}, chain {chainHits / store.UserCount:F3}");
        Assert.True(chainHits > 3 * popularHits, $"HR@10 {chainHits / store.UserCount:F3} against {popularHits / store.UserCount:F3}");
    }

    [Fact]
    public void A_setting_out_of_range_is_named()
    {
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(new SyntheticSource { ItemCount = 3 }, folder.File("s")));
        Assert.Contains("synthetic items = 3 must be 50 to", error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }
}
