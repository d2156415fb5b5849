using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

public class SimilarItemsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_nearest_items_are_those_of_a_sort_by_cosine(bool normalize)
    {
        const int Items = 700, Dim = 9;
        using RecommenderModel model = Model(Items, Dim, normalize);
        using var index = new MipsBruteForce(model, WorkerPool.Shared);
        using SimilarItems own = new(model, WorkerPool.Shared), sharing = new(model, WorkerPool.Shared, index);
        Assert.Equal(normalize, sharing.MemoryBytes == 0);
        Assert.InRange(own.MemoryBytes, Items * Dim, 3 * Items * Dim);
        var few = ItemSet.Of(Items, [.. Enumerable.Range(1, Items).Where(item => item % 50 == 0)]);
        var most = ItemSet.Of(Items, [.. Enumerable.Range(1, Items).Where(item => item % 50 != 0)]);
        foreach (SimilarItems similar in (SimilarItems[])[own, sharing])
            foreach (int item in (int[])[1, 2, 50, 699, 700])
                foreach (ItemSet? among in (ItemSet?[])[null, few, most])
                    foreach (int k in (int[])[1, 10, 900])
                    {
                        int[] items = new int[k];
                        float[] scores = new float[k];
                        similar.Search(item, among, k, items, scores);
                        int[] left = [.. Enumerable.Range(1, Items).Where(other => other != item && (among?.Contains(other) ?? true))];
                        int count = Math.Min(k, left.Length);
                        double[] best = [.. left.Select(other => Cosine(model, item, other)).OrderDescending().Take(count)];
                        Assert.Equal(count, items[..count].Distinct().Count());
                        Assert.Empty(items[..count].Except(left));
                        for (int i = 0; i < count; i++)
                        {
                            Assert.Equal(best[i], scores[i], 1e-5);
                            Assert.Equal(Cosine(model, item, items[i]), scores[i], 1e-5);
                            if (i > 0) Assert.True(scores[i - 1] > scores[i] || (scores[i - 1] == scores[i] && items[i - 1] < items[i]));
                        }
                        Assert.All(items[count..], none => Assert.Equal(0, none));
                        Assert.All(scores[count..], none => Assert.Equal(float.NegativeInfinity, none));
                    }
    }

    [Fact]
    public void Many_callers_at_once_get_the_answers_of_one()
    {
        using RecommenderModel model = Model(3000, 12, normalize: false);
        using var similar = new SimilarItems(model, WorkerPool.Shared);
        int[][] alone = [.. Enumerable.Range(1, 40).Select(Nearest)];
        Parallel.For(0, 40, i => Assert.Equal(alone[i], Nearest(i + 1)));

        int[] Nearest(int item)
        {
            int[] items = new int[20];
            similar.Search(item, null, 20, items, new float[20]);
            return items;
        }
    }

    [Fact]
    public void An_item_that_does_not_exist_is_refused()
    {
        using RecommenderModel model = Model(5, 4, normalize: true);
        using var similar = new SimilarItems(model, WorkerPool.Shared);
        Assert.Throws<ArgumentOutOfRangeException>(() => similar.Search(0, null, 1, new int[1], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => similar.Search(6, null, 1, new int[1], new float[1]));
    }

    private static double Cosine(RecommenderModel model, int left, int right)
    {
        double dot = 0, a = 0, b = 0;
        for (int c = 0; c < model.Config.EmbeddingDim; c++)
        {
            double x = model.Items.Value[left][c], y = model.Items.Value[right][c];
            dot += x * y;
            a += x * x;
            b += y * y;
        }
        return dot / Math.Sqrt(a * b);
    }

    private static RecommenderModel Model(int items, int dim, bool normalize)
    {
        var random = new Random(items);
        var model = new RecommenderModel(new ModelConfig { EmbeddingDim = dim, MaxSequenceLength = 8, ItemL2Norm = normalize }, items);
        for (int item = 1; item <= items; item++) foreach (ref float x in model.Items.Value[item]) x = (random.NextSingle() - 0.5f) * item;
        // Every seventh item points where its neighbour does.
        for (int item = 7; item <= items; item += 7) for (int c = 0; c < dim; c++) model.Items.Value[item][c] = 2 * model.Items.Value[item - 1][c];
        return model;
    }
}
