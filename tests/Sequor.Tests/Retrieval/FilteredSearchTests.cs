using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

/// <summary>Sets to choose from: the answer is that of a catalogue without the other items.</summary>
public class FilteredSearchTests
{
    private const int Users = 37;

    public static TheoryData<string, IndexPrecision> Methods
    {
        get
        {
            var methods = new TheoryData<string, IndexPrecision> { { "MoLBruteForceTopK", IndexPrecision.Float32 } };
            foreach (string name in (string[])["MoLExactTopK", "MoLNaiveTopK7", "MoLAvgTopK40", "MoLCombTopK3_30", "HIndexerTopK60"])
                foreach (IndexPrecision precision in Enum.GetValues<IndexPrecision>())
                    if (name[0] != 'H' || precision == IndexPrecision.Float32) methods.Add(name, precision);
            return methods;
        }
    }

    public static TheoryData<string, IndexPrecision> DotMethods => new()
    {
        { "MIPSBruteForceTopK", IndexPrecision.Float32 },
        { "MIPSBruteForceTopK", IndexPrecision.BFloat16 },
        { "MIPSBruteForceTopK", IndexPrecision.Int8 },
        { "HIndexerTopK5000", IndexPrecision.Float32 },
        { "HIndexerTopK5000", IndexPrecision.Int8 },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_mixture_is_searched_as_if_other_items_did_not_exist(string name, IndexPrecision precision)
    {
        Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
        for (int config = 0; config < 2; config++)
            foreach (int count in (int[])[1, 65, 900])
            {
                using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[config], count, Users, seed: count);
                using var brute = new MixtureBruteForce(catalogue.Model, WorkerPool.Shared);
                using ITopKIndex index = TopKIndex.Create(catalogue.Model, method, WorkerPool.Shared, precision);
                int[] all = [.. Enumerable.Range(1, count)];
                var (ranked, scores) = MixtureCatalogue.Search(brute, catalogue.Queries, catalogue.Excluded(0), count);
                ExcludedItems wanted = Wanted(count, seed: config);
                long lists = (long)catalogue.Model.Mixture!.Layout.Logits * method.ComponentCandidates + method.Candidates;
                foreach (int k in (int[])[1, 20, 1000])
                {
                    var found = MixtureCatalogue.Search(index, catalogue.Queries, wanted, k);
                    for (int u = 0; u < Users; u++)
                    {
                        int[] left = Left(wanted, u, count);
                        bool scoresAll = method.IsExact || wanted.Among(u)?.Count <= SetSearch.Largest(count, lists, Users);
                        HashSet<int> candidates = scoresAll ? [.. left] : CandidateIndexTests.Candidates(method, catalogue, u, left, wanted.Among(u) is null ? all : left);
                        AssertFirst(ranked, scores, candidates, count, found, k, u);
                        if (wanted.Among(u) is null) continue;
                        // Alone a query may be answered in another way, of which only the approximate methods may tell.
                        var (query, list) = Only(catalogue, wanted, u);
                        var alone = MixtureCatalogue.Search(index, query, list, k);
                        bool aloneScoresAll = method.IsExact || wanted.Among(u)!.Count <= SetSearch.Largest(count, lists, 1);
                        Assert.True(aloneScoresAll || !scoresAll);
                        AssertFirst(ranked, scores, aloneScoresAll ? [.. left] : candidates, count, (Repeat(alone.Items, u), Repeat(alone.Scores, u)), k, u);
                    }
                }
            }
    }

    // Small integers: scores are exact, and many of them equal.
    [Theory]
    [MemberData(nameof(DotMethods))]
    public void Dot_products_are_searched_as_if_other_items_did_not_exist(string name, IndexPrecision precision)
    {
        Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        foreach (int count in (int[])[1, 64, 65, 4000])
        {
            var random = new Random(count);
            using RecommenderModel model = Model(count, 5, () => random.Next(-2, 3));
            tape.Begin();
            Matrix queries = Queries(tape, 5, () => random.Next(-2, 3));
            using ITopKIndex index = TopKIndex.Create(model, method, WorkerPool.Shared, precision);
            using IRankIndex exact = TopKIndex.Exact(model, WorkerPool.Shared);
            ExcludedItems wanted = Wanted(count, seed: count);
            foreach (int k in (int[])[1, 20, 4500])
            {
                var found = MixtureCatalogue.Search(index, queries, wanted, k);
                for (int u = 0; u < Users; u++)
                {
                    int[] order = [.. Left(wanted, u, count).OrderByDescending(item => Score(queries, u, model, item)).ThenBy(item => item).Take(k)];
                    Assert.Equal([.. order, .. Enumerable.Repeat(0, k - order.Length)], found.Items[(u * k)..((u + 1) * k)]);
                    Assert.Equal(order.Select(item => Score(queries, u, model, item)), found.Scores[(u * k)..(u * k + order.Length)]);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_rank_counts_the_items_of_the_set_alone(bool mixture)
    {
        const int Items = 700;
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[0], Items, Users);
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        tape.Begin();
        var random = new Random(1);
        using RecommenderModel dot = Model(Items, 5, () => random.Next(-2, 3));
        Matrix queries = mixture ? catalogue.Queries : Queries(tape, 5, () => random.Next(-2, 3));
        using IRankIndex index = TopKIndex.Exact(mixture ? catalogue.Model : dot, WorkerPool.Shared);
        ExcludedItems wanted = Wanted(Items, seed: 4);
        var (found, _) = MixtureCatalogue.Search(index, queries, wanted, Items);
        for (int round = 0; round < 20; round++)
        {
            int[] targets = [.. Enumerable.Range(0, Users).Select(u => round % 2 == 0 ? random.Next(1, Items + 1) : Math.Max(1, found[u * Items + round]))], ranks = new int[Users];
            index.Rank(queries, wanted, targets, ranks);
            for (int u = 0; u < Users; u++)
            {
                int place = Array.IndexOf(found[(u * Items)..((u + 1) * Items)], targets[u]);
                Assert.Equal(place < 0 ? Items + 1 : place + 1, ranks[u]);
            }
        }
    }

    // The threshold is a quantile of the set, or a filter would leave too few; and where the set is narrow, or chance leaves too few, all of it is scored.
    [Theory]
    [InlineData(IndexPrecision.Float32)]
    [InlineData(IndexPrecision.Int8)]
    public void A_threshold_of_a_set_leaves_enough_of_it(IndexPrecision precision)
    {
        const int Items = 60_000, Candidates = 500;
        var random = new Random(5);
        using RecommenderModel model = Model(Items, 12, () => random.NextSingle() - 0.5f);
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        tape.Begin();
        Matrix queries = Queries(tape, 12, () => random.NextSingle() - 0.5f);
        using ITopKIndex index = TopKIndex.Create(model, new TopKMethod(TopKKind.HIndexer, 0, Candidates), WorkerPool.Shared, precision), brute = new MipsBruteForce(model, WorkerPool.Shared);
        var wanted = new ExcludedItems();
        for (int u = 0; u < Users; u++)
        {
            int[] set = [.. Enumerable.Range(1, Items).Where(_ => random.Next(4) == 0)];
            // Half of them are seen.
            wanted.Add([.. set.Where(_ => random.Next(2) == 0)], u % 2 == 0 ? ItemSet.Of(Items, set) : ItemSet.Of(Items, set.AsSpan(0, 700)));
        }
        var best = MixtureCatalogue.Search(brute, queries, wanted, 4 * Candidates);
        foreach (int k in (int[])[100, Candidates, 4 * Candidates])
        {
            var (items, _) = MixtureCatalogue.Search(index, queries, wanted, k);
            int fewest = int.MaxValue;
            for (int u = 0; u < Users; u++)
            {
                int[] found = [.. items[(u * k)..((u + 1) * k)].Where(item => item != 0)];
                int left = Left(wanted, u, Items).Length;
                if (u % 2 == 0) Assert.InRange(fewest = Math.Min(fewest, found.Length), Math.Min(k, Candidates), k);
                else Assert.Equal(Math.Min(k, left), found.Length);
                int sure = Math.Min(100, found.Length);
                Assert.Equal(best.Items[(u * 4 * Candidates)..(u * 4 * Candidates + sure)], found[..sure]);
            }
            Assert.InRange(fewest, Math.Min(k, Candidates), Math.Min(k, 2 * Candidates));
        }
    }

    [Fact]
    public void A_set_of_another_catalogue_is_refused()
    {
        using RecommenderModel model = Model(10, 4, () => 1);
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        tape.Begin();
        using ITopKIndex index = TopKIndex.Create(model, TopKIndex.Default(model), WorkerPool.Shared);
        var wanted = new ExcludedItems();
        wanted.Add([], ItemSet.Of(11, [3]));
        var error = Assert.Throws<ArgumentException>(() => MixtureCatalogue.Search(index, tape.Allocate(1, 4), wanted, 1));
        Assert.Contains("a catalogue of 11 items; the index has 10", error.Message, StringComparison.Ordinal);
    }

    // None, one, few, about a quarter, most, all; and no set. Seen items lie in sets and outside.
    private static ExcludedItems Wanted(int items, int seed)
    {
        var random = new Random(seed);
        var wanted = new ExcludedItems();
        for (int u = 0; u < Users; u++)
        {
            int[] seen = [.. Enumerable.Range(0, random.Next(0, items / 3 + 2)).Select(_ => random.Next(1, items + 1))];
            int sixteenths = new[] { 0, 0, 1, 3, 8, 15, 16 }[u % 7];
            int[] set = u % 7 == 1 ? [random.Next(1, items + 1)] : [.. Enumerable.Range(1, items).Where(_ => random.Next(16) < sixteenths)];
            if (u % 5 == 4) wanted.Add(seen);
            else wanted.Add(seen, ItemSet.Of(items, set));
        }
        return wanted;
    }

    private static int[] Left(ExcludedItems wanted, int user, int items) =>
        [.. Enumerable.Range(1, items).Where(item => wanted.Among(user)?.Contains(item) ?? true).Except(wanted[user].ToArray())];

    private static (Matrix, ExcludedItems) Only(MixtureCatalogue catalogue, ExcludedItems wanted, int user)
    {
        var (query, _) = catalogue.Only(wanted, user);
        var list = new ExcludedItems();
        list.Add(wanted[user], wanted.Among(user));
        return (query, list);
    }

    private static T[] Repeat<T>(T[] answer, int user) => [.. Enumerable.Repeat(answer, user + 1).SelectMany(row => row)];

    private static void AssertFirst(int[] ranked, float[] rankedScores, HashSet<int> candidates, int count, (int[] Items, float[] Scores) found, int k, int user)
    {
        int[] best = [.. Enumerable.Range(user * count, count).Where(i => candidates.Contains(ranked[i])).Take(k)];
        Assert.Equal([.. best.Select(i => ranked[i]), .. Enumerable.Repeat(0, k - best.Length)], found.Items[(user * k)..((user + 1) * k)]);
        Assert.Equal([.. best.Select(i => rankedScores[i]), .. Enumerable.Repeat(float.NegativeInfinity, k - best.Length)], found.Scores[(user * k)..((user + 1) * k)]);
    }

    private static float Score(Matrix queries, int user, RecommenderModel model, int item)
    {
        float sum = 0;
        for (int c = 0; c < queries.Columns; c++) sum += queries[user][c] * model.Items.Value[item][c];
        return sum;
    }

    private static RecommenderModel Model(int items, int dim, Func<float> draw)
    {
        var model = new RecommenderModel(new ModelConfig { EmbeddingDim = dim, MaxSequenceLength = 8, ItemL2Norm = false }, items);
        for (int item = 1; item <= items; item++) foreach (ref float x in model.Items.Value[item]) x = draw();
        return model;
    }

    private static Matrix Queries(Tape tape, int dim, Func<float> draw)
    {
        Matrix queries = tape.Allocate(Users, dim);
        for (int u = 0; u < Users; u++) foreach (ref float x in queries[u]) x = draw();
        return queries;
    }
}
