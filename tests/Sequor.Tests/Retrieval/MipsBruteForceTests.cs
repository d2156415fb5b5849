using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

public sealed class MipsBruteForceTests : IDisposable
{
    private readonly Tape _tape = new(WorkerPool.Shared, differentiate: false);

    public void Dispose() => _tape.Dispose();

    // Small integers: scores are exact, and many of them equal.
    [Fact]
    public void Search_and_rank_equal_a_sort_by_score_and_then_by_item()
    {
        foreach (int items in (int[])[1, 2, 63, 64, 65, 128, 1000, 5000])
        {
            var random = new Random(items);
            const int Users = 7, Dim = 5;
            using RecommenderModel model = Model(items, Dim, () => random.Next(-2, 3));
            Matrix queries = Queries(Users, Dim, () => random.Next(-2, 3));
            using var index = new MipsBruteForce(model, WorkerPool.Shared);
            foreach (int k in (int[])[1, 10, 500])
            {
                var excluded = new ExcludedItems();
                int[][] seen = [.. Enumerable.Range(0, Users).Select(_ => Enumerable.Range(0, random.Next(0, items + 3)).Select(_ => random.Next(1, items + 1)).ToArray())];
                foreach (int[] list in seen) excluded.Add(list);
                int[] found = new int[Users * k], targets = [.. Enumerable.Range(0, Users).Select(_ => random.Next(1, items + 1))], ranks = new int[Users];
                float[] scores = new float[Users * k];
                index.Search(queries, excluded, k, found, scores);
                index.Rank(queries, excluded, targets, ranks);
                for (int u = 0; u < Users; u++)
                {
                    int[] order = [.. Enumerable.Range(1, items).Except(seen[u]).OrderByDescending(item => Score(u, item)).ThenBy(item => item)];
                    int[] best = [.. order.Take(k)];
                    Assert.Equal(best, found[(u * k)..(u * k + best.Length)]);
                    Assert.Equal(best.Select(item => Score(u, item)), scores[(u * k)..(u * k + best.Length)]);
                    Assert.All(found[(u * k + best.Length)..((u + 1) * k)], item => Assert.Equal(0, item));
                    int place = Array.IndexOf(order, targets[u]);
                    Assert.Equal(place < 0 ? items + 1 : place + 1, ranks[u]);
                }
            }

            float Score(int user, int item)
            {
                float sum = 0;
                for (int c = 0; c < Dim; c++) sum += queries[user][c] * model.Items.Value[item][c];
                return sum;
            }
        }
    }

    // A model that diverged must not look perfect.
    [Fact]
    public void A_score_that_is_not_a_number_never_ranks_first()
    {
        using RecommenderModel model = Model(100, 4, () => 1);
        using var index = new MipsBruteForce(model, WorkerPool.Shared);
        Matrix queries = Queries(1, 4, () => float.NaN);
        var excluded = new ExcludedItems();
        excluded.Add([]);
        int[] ranks = new int[1];
        index.Rank(queries, excluded, [7], ranks);
        Assert.Equal(101, ranks[0]);
    }

    private static RecommenderModel Model(int items, int dim, Func<float> draw)
    {
        var model = new RecommenderModel(new ModelConfig { EmbeddingDim = dim, MaxSequenceLength = 8 }, items);
        for (int item = 1; item <= items; item++) foreach (ref float x in model.Items.Value[item]) x = draw();
        return model;
    }

    private Matrix Queries(int users, int dim, Func<float> draw)
    {
        _tape.Begin();
        Matrix queries = _tape.Allocate(users, dim);
        for (int u = 0; u < users; u++) foreach (ref float x in queries[u]) x = draw();
        return queries;
    }
}
