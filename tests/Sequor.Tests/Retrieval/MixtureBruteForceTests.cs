using Sequor.Kernels;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

public class MixtureBruteForceTests
{
    public static TheoryData<int> Configs => [.. Enumerable.Range(0, MixtureCatalogue.Configs.Length)];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Scores_are_those_of_plain_loops_and_come_in_order(int config)
    {
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[config], 200, 5);
        using var index = new MixtureBruteForce(catalogue.Model, WorkerPool.Shared);
        ExcludedItems excluded = catalogue.Excluded(20);
        double[][] expected = catalogue.Scores();
        double largest = expected.Max(row => row.Max(Math.Abs));
        var (items, scores) = MixtureCatalogue.Search(index, catalogue.Queries, excluded, 200);
        for (int u = 0; u < 5; u++)
        {
            int left = 200 - excluded[u].Length;
            int[] found = items[(u * 200)..(u * 200 + left)];
            Assert.Equal(Enumerable.Range(1, 200).Except(excluded[u].ToArray()), found.Order());
            Assert.All(items[(u * 200 + left)..((u + 1) * 200)], item => Assert.Equal(0, item));
            Assert.All(scores[(u * 200 + left)..((u + 1) * 200)], score => Assert.Equal(float.NegativeInfinity, score));
            for (int i = 0; i < left; i++)
            {
                Assert.True(Math.Abs(expected[u][found[i] - 1] - scores[u * 200 + i]) <= 1e-5 * largest, $"item {found[i]}: {expected[u][found[i] - 1]} and {scores[u * 200 + i]}");
                if (i > 0) Assert.True(scores[u * 200 + i - 1] > scores[u * 200 + i] || (scores[u * 200 + i - 1] == scores[u * 200 + i] && found[i - 1] < found[i]));
            }
        }
    }

    // Twins of the target, before and behind it, meet its very bits, though its own score and those of lanes brought together come by other tiles.
    [Theory]
    [MemberData(nameof(Configs))]
    public void A_rank_is_the_place_in_the_whole_list(int config)
    {
        foreach (int count in (int[])[1, 63, 64, 65, 700])
        {
            using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[config], count, 37, seed: count);
            using var index = new MixtureBruteForce(catalogue.Model, WorkerPool.Shared);
            ExcludedItems excluded = catalogue.Excluded(Math.Min(count, 30));
            var (items, _) = MixtureCatalogue.Search(index, catalogue.Queries, excluded, count);
            for (int round = 0; round < 5; round++)
            {
                int[] targets = [.. Enumerable.Range(0, 37).Select(u => (u * 31 + round * 7) % count + 1)], ranks = new int[37];
                index.Rank(catalogue.Queries, excluded, targets, ranks);
                for (int u = 0; u < 37; u++)
                {
                    int place = Array.IndexOf(items[(u * count)..((u + 1) * count)], targets[u]);
                    Assert.Equal(place < 0 ? count + 1 : place + 1, ranks[u]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Thread_count_and_company_never_change_an_answer(int config)
    {
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[config], 9000, 50);
        using WorkerPool one = new(1), three = new(3);
        using MixtureBruteForce index = new(catalogue.Model, one), wide = new(catalogue.Model, three);
        ExcludedItems excluded = catalogue.Excluded(300);
        var (items, scores) = MixtureCatalogue.Search(index, catalogue.Queries, excluded, 30);
        MixtureCatalogue.AssertSame((items, scores), MixtureCatalogue.Search(wide, catalogue.Queries, excluded, 30));
        int[] targets = [.. Enumerable.Range(0, 50).Select(u => u * 179 + 1)], ranks = new int[50], own = new int[1];
        index.Rank(catalogue.Queries, excluded, targets, ranks);
        int[] again = new int[50];
        wide.Rank(catalogue.Queries, excluded, targets, again);
        Assert.Equal(ranks, again);
        for (int u = 0; u < 50; u += 7)
        {
            var (query, list) = catalogue.Only(excluded, u);
            MixtureCatalogue.AssertSame((items[(u * 30)..((u + 1) * 30)], scores[(u * 30)..((u + 1) * 30)]), MixtureCatalogue.Search(wide, query, list, 30));
            wide.Rank(query, list, [targets[u]], own);
            Assert.Equal(ranks[u], own[0]);
        }
    }

    [Fact]
    public void Items_that_are_not_numbers_are_not_found_and_rank_last()
    {
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[0], 300, 3);
        for (int c = 0; c < 6; c++) catalogue.Model.Items.Value[70][c] = float.NaN;
        using var index = new MixtureBruteForce(catalogue.Model, WorkerPool.Shared);
        var (items, _) = MixtureCatalogue.Search(index, catalogue.Queries, catalogue.Excluded(0), 300);
        Assert.DoesNotContain(70, items);
        int[] ranks = new int[3];
        index.Rank(catalogue.Queries, catalogue.Excluded(0), [70, 71, 72], ranks);
        Assert.Equal([301, Array.IndexOf(items[300..600], 71) + 1, Array.IndexOf(items[600..], 72) + 1], ranks);
    }

    [Fact]
    public void A_search_allocates_nothing_once_warm()
    {
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[0], 2000, 40);
        using var pool = new WorkerPool(1);
        using var index = new MixtureBruteForce(catalogue.Model, pool);
        ExcludedItems excluded = catalogue.Excluded(20);
        int[] items = new int[40 * 20], targets = new int[40], ranks = new int[40];
        float[] scores = new float[40 * 20];
        targets.AsSpan().Fill(9);
        Assert.Equal(0, Allocations.Least(() =>
        {
            index.Search(catalogue.Queries, excluded, 20, items, scores);
            index.Rank(catalogue.Queries, excluded, targets, ranks);
        }));
    }
}
