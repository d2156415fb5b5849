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

    public static TheoryData<IndexPrecision> Precisions => [.. Enum.GetValues<IndexPrecision>()];

    // Small integers: scores are exact, and many of them equal.
    [Theory]
    [MemberData(nameof(Precisions))]
    public void Search_and_rank_equal_a_sort_by_score_and_then_by_item(IndexPrecision precision)
    {
        foreach (int items in (int[])[1, 2, 63, 64, 65, 128, 1000, 5000])
        {
            var random = new Random(items);
            const int Users = 53, Dim = 5;
            using RecommenderModel model = Model(items, Dim, () => random.Next(-2, 3));
            Matrix queries = Queries(Users, Dim, () => random.Next(-2, 3));
            using var index = new MipsBruteForce(model, WorkerPool.Shared, precision);
            foreach (int k in (int[])[1, 10, 500])
            {
                ExcludedItems excluded = Excluded(random, Users, items, out int[][] seen);
                int[] targets = [.. Enumerable.Range(0, Users).Select(_ => random.Next(1, items + 1))], ranks = new int[Users];
                var (found, scores) = Search(index, queries, excluded, k);
                if (precision == IndexPrecision.Float32) index.Rank(queries, excluded, targets, ranks);
                for (int u = 0; u < Users; u++)
                {
                    int[] order = [.. Enumerable.Range(1, items).Except(seen[u]).OrderByDescending(item => Score(queries, u, model, item)).ThenBy(item => item)];
                    int[] best = [.. order.Take(k)];
                    Assert.Equal(best, found[(u * k)..(u * k + best.Length)]);
                    Assert.Equal(best.Select(item => Score(queries, u, model, item)), scores[(u * k)..(u * k + best.Length)]);
                    Assert.All(found[(u * k + best.Length)..((u + 1) * k)], item => Assert.Equal(0, item));
                    Assert.All(scores[(u * k + best.Length)..((u + 1) * k)], score => Assert.Equal(float.NegativeInfinity, score));
                    int place = Array.IndexOf(order, targets[u]);
                    if (precision == IndexPrecision.Float32) Assert.Equal(place < 0 ? items + 1 : place + 1, ranks[u]);
                }
            }
        }
    }

    [Theory]
    [InlineData(IndexPrecision.BFloat16, true)]
    [InlineData(IndexPrecision.BFloat16, false)]
    [InlineData(IndexPrecision.Int8, true)]
    [InlineData(IndexPrecision.Int8, false)]
    public void Narrow_precisions_answer_with_the_bits_of_float32(IndexPrecision precision, bool normalize)
    {
        foreach (int dim in (int[])[1, 2, 3, 16, 50, 67])
        {
            var random = new Random(dim);
            // Lengths over four decades, and many vectors that differ by less than a step of int8.
            using RecommenderModel model = Model(3000, dim, () => random.NextSingle() - 0.5f, normalize);
            for (int item = 1; item <= 3000; item++)
            {
                if (item % 3 == 0) for (int c = 0; c < dim; c++) model.Items.Value[item][c] = model.Items.Value[item - 1][c] * (1 + random.Next(-2, 3) * 1e-4f);
                float length = MathF.Pow(10, random.NextSingle() * 4 - 2);
                if (item % 5 == 0) foreach (ref float x in model.Items.Value[item]) x *= length;
            }
            model.Items.Value[17].Clear();
            Matrix queries = Queries(9, dim, () => random.NextSingle() - 0.5f);
            queries[4].Clear();
            ExcludedItems excluded = Excluded(random, 9, 3000, out _);
            using MipsBruteForce exact = new(model, WorkerPool.Shared), narrow = new(model, WorkerPool.Shared, precision);
            foreach (int k in (int[])[1, 20, 700, 4000]) AssertSame(Search(exact, queries, excluded, k), Search(narrow, queries, excluded, k));
        }
    }

    // Every 32nd block holds the best items, so that the bar a sample suggests is passed by too few.
    [Theory]
    [MemberData(nameof(Precisions))]
    public void A_sample_that_misleads_changes_no_answer(IndexPrecision precision)
    {
        var random = new Random(4);
        using RecommenderModel model = Model(9000, 6, () => random.NextSingle() - 0.5f);
        for (int item = 1; item <= 9000; item++)
            if ((item - 1) / 64 % 32 == 0) foreach (ref float x in model.Items.Value[item]) x *= 10;
        Matrix queries = Queries(5, 6, () => random.NextSingle() - 0.5f);
        ExcludedItems excluded = Excluded(random, 5, 40, out int[][] seen);
        using var index = new MipsBruteForce(model, WorkerPool.Shared, precision);
        var (found, _) = Search(index, queries, excluded, 200);
        for (int u = 0; u < 5; u++)
        {
            float[] expected = [.. Enumerable.Range(1, 9000).Except(seen[u]).Select(item => Score(queries, u, model, item)).OrderDescending().Take(200)];
            for (int i = 0; i < 200; i++) Assert.Equal(expected[i], Score(queries, u, model, found[u * 200 + i]), 1e-5f);
        }
    }

    // Their block is as unknown as can be, and all of it is scored again.
    [Theory]
    [MemberData(nameof(Precisions))]
    public void Items_that_are_not_numbers_are_not_found_and_hide_no_other(IndexPrecision precision)
    {
        var random = new Random(3);
        using RecommenderModel model = Model(1000, 6, () => random.NextSingle() - 0.5f);
        using RecommenderModel sound = Model(1000, 6, () => 0);
        for (int item = 1; item <= 1000; item++) model.Items.Value[item].CopyTo(sound.Items.Value[item]);
        model.Items.Value[70][2] = float.NaN;
        model.Items.Value[500].Fill(float.NaN);
        Matrix queries = Queries(3, 6, () => random.NextSingle() - 0.5f);
        ExcludedItems none = new(), damaged = new();
        for (int u = 0; u < 3; u++)
        {
            none.Add([]);
            damaged.Add([70, 500]);
        }
        using MipsBruteForce index = new(model, WorkerPool.Shared, precision), expected = new(sound, WorkerPool.Shared);
        AssertSame(Search(expected, queries, damaged, 300), Search(index, queries, none, 300));
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void Thread_count_and_company_never_change_an_answer(IndexPrecision precision)
    {
        var random = new Random(8);
        using RecommenderModel model = Model(40_001, 24, () => random.NextSingle() - 0.5f, normalize: true);
        Matrix queries = Queries(100, 24, () => random.NextSingle() - 0.5f);
        ExcludedItems excluded = Excluded(random, 100, 300, out int[][] seen);
        using WorkerPool one = new(1), three = new(3);
        using MipsBruteForce index = new(model, one, precision), wide = new(model, three, precision);
        var (items, scores) = Search(index, queries, excluded, 30);
        AssertSame((items, scores), Search(wide, queries, excluded, 30));
        Parallel.For(0, 100, u =>
        {
            using var tape = new Tape(WorkerPool.Shared, differentiate: false);
            tape.Begin();
            Matrix query = tape.Allocate(1, 24);
            queries[u].CopyTo(query[0]);
            var own = new ExcludedItems();
            own.Add(seen[u]);
            AssertSame((items[(u * 30)..((u + 1) * 30)], scores[(u * 30)..((u + 1) * 30)]), Search(wide, query, own, 30));
        });
        if (precision != IndexPrecision.Float32) return;
        int[] targets = [.. Enumerable.Range(0, 100).Select(_ => random.Next(1, 40_002))], ranks = new int[100], wideRanks = new int[100];
        index.Rank(queries, excluded, targets, ranks);
        wide.Rank(queries, excluded, targets, wideRanks);
        Assert.Equal(ranks, wideRanks);
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void A_search_allocates_nothing_once_warm(IndexPrecision precision)
    {
        var random = new Random(9);
        using RecommenderModel model = Model(5000, 16, () => random.NextSingle() - 0.5f);
        Matrix queries = Queries(60, 16, () => random.NextSingle() - 0.5f);
        ExcludedItems excluded = Excluded(random, 60, 20, out _);
        using var pool = new WorkerPool(1);
        using var index = new MipsBruteForce(model, pool, precision);
        int[] items = new int[60 * 20], targets = new int[60], ranks = new int[60];
        float[] scores = new float[60 * 20];
        targets.AsSpan().Fill(7);
        // A collection that another test causes takes the rest of this thread's nursery and counts it: the least of several is meant.
        long least = long.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Ask();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);

        void Ask()
        {
            index.Search(queries, excluded, 20, items, scores);
            if (precision == IndexPrecision.Float32) index.Rank(queries, excluded, targets, ranks);
        }
    }

    [Fact]
    public void Ranks_need_float32()
    {
        using RecommenderModel model = Model(10, 4, () => 1);
        using var index = new MipsBruteForce(model, WorkerPool.Shared, IndexPrecision.Int8);
        var excluded = new ExcludedItems();
        excluded.Add([]);
        var error = Assert.Throws<NotSupportedException>(() => index.Rank(Queries(1, 4, () => 1), excluded, [1], new int[1]));
        Assert.Contains("Float32", error.Message, StringComparison.Ordinal);
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

    private static (int[] Items, float[] Scores) Search(MipsBruteForce index, Matrix queries, ExcludedItems excluded, int k)
    {
        int[] items = new int[queries.Rows * k];
        float[] scores = new float[queries.Rows * k];
        index.Search(queries, excluded, k, items, scores);
        return (items, scores);
    }

    private static void AssertSame((int[] Items, float[] Scores) expected, (int[] Items, float[] Scores) actual)
    {
        Assert.Equal(expected.Items, actual.Items);
        Assert.Equal(expected.Scores, actual.Scores);
    }

    private static ExcludedItems Excluded(Random random, int users, int items, out int[][] lists)
    {
        var excluded = new ExcludedItems();
        lists = [.. Enumerable.Range(0, users).Select(_ => Enumerable.Range(0, random.Next(0, items + 3)).Select(_ => random.Next(1, items + 1)).ToArray())];
        foreach (int[] list in lists) excluded.Add(list);
        return excluded;
    }

    private static float Score(Matrix queries, int user, RecommenderModel model, int item)
    {
        float sum = 0;
        for (int c = 0; c < queries.Columns; c++) sum += queries[user][c] * model.Items.Value[item][c];
        return sum;
    }

    private static RecommenderModel Model(int items, int dim, Func<float> draw, bool normalize = false)
    {
        var model = new RecommenderModel(new ModelConfig { EmbeddingDim = dim, MaxSequenceLength = 8, ItemL2Norm = normalize }, items);
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
