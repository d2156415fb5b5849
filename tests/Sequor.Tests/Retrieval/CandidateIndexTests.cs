using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

/// <summary>The approximate methods: what their candidates are, and that these are scored and ordered as brute force does.</summary>
public class CandidateIndexTests
{
    public static TheoryData<string, IndexPrecision> Methods
    {
        get
        {
            var methods = new TheoryData<string, IndexPrecision>();
            foreach (string name in (string[])["MoLNaiveTopK7", "MoLAvgTopK40", "MoLCombTopK3_30", "MoLExactTopK", "HIndexerTopK60"])
                foreach (IndexPrecision precision in Enum.GetValues<IndexPrecision>())
                    if (name[0] != 'H' || precision != IndexPrecision.BFloat16) methods.Add(name, precision);
            return methods;
        }
    }

    // Candidates by plain sorts; their scores and order are those of the whole list of brute force.
    [Theory]
    [InlineData("MoLNaiveTopK7", IndexPrecision.Float32)]
    [InlineData("MoLNaiveTopK7", IndexPrecision.Int8)]
    [InlineData("MoLNaiveTopK5000", IndexPrecision.BFloat16)]
    [InlineData("MoLAvgTopK40", IndexPrecision.Float32)]
    [InlineData("MoLAvgTopK40", IndexPrecision.BFloat16)]
    [InlineData("MoLCombTopK3_30", IndexPrecision.Float32)]
    [InlineData("MoLCombTopK3_30", IndexPrecision.Int8)]
    [InlineData("HIndexerTopK60", IndexPrecision.Float32)]
    public void Answers_are_the_best_of_the_candidates_by_the_model_s_score(string name, IndexPrecision precision)
    {
        Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
        for (int config = 0; config < MixtureCatalogue.Configs.Length; config++)
            foreach (int count in (int[])[1, 64, 900])
            {
                const int Users = 35;
                using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[config], count, Users, seed: count);
                using var brute = new MixtureBruteForce(catalogue.Model, WorkerPool.Shared);
                using ITopKIndex index = TopKIndex.Create(catalogue.Model, method, WorkerPool.Shared, precision);
                ExcludedItems excluded = catalogue.Excluded(count / 3);
                var (ranked, rankedScores) = MixtureCatalogue.Search(brute, catalogue.Queries, excluded, count);
                foreach (int k in (int[])[1, 20, 1000])
                {
                    var (items, scores) = MixtureCatalogue.Search(index, catalogue.Queries, excluded, k);
                    for (int u = 0; u < Users; u++)
                    {
                        // Of a catalogue this small the sample is all of it, excluded items too.
                        int[] all = [.. Enumerable.Range(1, count)];
                        HashSet<int> candidates = Candidates(method, catalogue, u, [.. all.Except(excluded[u].ToArray())], all);
                        var best = Enumerable.Range(u * count, count).Where(i => ranked[i] != 0 && candidates.Contains(ranked[i])).Take(k).ToArray();
                        int[] expected = [.. best.Select(i => ranked[i]), .. Enumerable.Repeat(0, k - best.Length)];
                        Assert.Equal(expected, items[(u * k)..((u + 1) * k)]);
                        Assert.Equal([.. best.Select(i => rankedScores[i]), .. Enumerable.Repeat(float.NegativeInfinity, k - best.Length)], scores[(u * k)..((u + 1) * k)]);
                    }
                }
            }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Thread_count_and_company_never_change_an_answer(string name, IndexPrecision precision)
    {
        Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[0], 9000, 70);
        using WorkerPool one = new(1), three = new(3);
        using ITopKIndex index = TopKIndex.Create(catalogue.Model, method, one, precision), wide = TopKIndex.Create(catalogue.Model, method, three, precision);
        ExcludedItems excluded = catalogue.Excluded(300);
        var (items, scores) = MixtureCatalogue.Search(index, catalogue.Queries, excluded, 30);
        MixtureCatalogue.AssertSame((items, scores), MixtureCatalogue.Search(wide, catalogue.Queries, excluded, 30));
        Parallel.For(0, 10, i =>
        {
            int u = 7 * i;
            Matrix query;
            ExcludedItems list;
            lock (catalogue) (query, list) = catalogue.Only(excluded, u);
            MixtureCatalogue.AssertSame((items[(u * 30)..((u + 1) * 30)], scores[(u * 30)..((u + 1) * 30)]), MixtureCatalogue.Search(wide, query, list, 30));
        });
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_search_allocates_nothing_once_warm(string name, IndexPrecision precision)
    {
        Assert.True(TopKMethod.TryParse(name, out TopKMethod method));
        using var catalogue = new MixtureCatalogue(MixtureCatalogue.Configs[0], 2000, 40);
        using var pool = new WorkerPool(1);
        using ITopKIndex index = TopKIndex.Create(catalogue.Model, method, pool, precision);
        ExcludedItems excluded = catalogue.Excluded(20);
        int[] items = new int[40 * 20];
        float[] scores = new float[40 * 20];
        Assert.Equal(0, Allocations.Least(() => index.Search(catalogue.Queries, excluded, 20, items, scores)));
    }

    // K′ is a wish: a sample's quantile meets it within an eighth or so, and the survivors are scored by the model.
    [Theory]
    [InlineData(IndexPrecision.Float32)]
    [InlineData(IndexPrecision.Int8)]
    public void A_threshold_from_a_sample_leaves_about_as_many_items_as_asked_for(IndexPrecision precision)
    {
        const int Items = 60_000, Users = 20, Wanted = 500, K = 1000;
        var random = new Random(5);
        using var model = new RecommenderModel(new ModelConfig { EmbeddingDim = 12, MaxSequenceLength = 8, ItemL2Norm = true }, Items);
        for (int item = 1; item <= Items; item++) foreach (ref float x in model.Items.Value[item]) x = random.NextSingle() - 0.5f;
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        tape.Begin();
        Matrix queries = tape.Allocate(Users, 12);
        var nothing = new ExcludedItems();
        for (int u = 0; u < Users; u++)
        {
            nothing.Add([]);
            foreach (ref float x in queries[u]) x = random.NextSingle() - 0.5f;
        }
        using ITopKIndex index = TopKIndex.Create(model, new TopKMethod(TopKKind.HIndexer, 0, Wanted), WorkerPool.Shared, precision), brute = new MipsBruteForce(model, WorkerPool.Shared);
        var (items, scores) = MixtureCatalogue.Search(index, queries, nothing, K);
        var (best, bestScores) = MixtureCatalogue.Search(brute, queries, nothing, K);
        for (int u = 0; u < Users; u++)
        {
            int found = items[(u * K)..((u + 1) * K)].Count(item => item != 0);
            Assert.InRange(found, Wanted / 2, 2 * Wanted);
            Assert.Equal(best[(u * K)..(u * K + 100)], items[(u * K)..(u * K + 100)]);
            Assert.Equal(bestScores[(u * K)..(u * K + 100)], scores[(u * K)..(u * K + 100)]);
        }
    }

    /// <summary>The candidates of a query by plain sorts of the items that are <paramref name="left"/>; a threshold is one among <paramref name="sampled"/>.</summary>
    internal static HashSet<int> Candidates(TopKMethod method, MixtureCatalogue catalogue, int user, int[] left, int[] sampled)
    {
        var candidates = new HashSet<int>();
        if (method.ComponentCandidates > 0)
            for (int p = 0; p < catalogue.Config.QueryGroupCount * catalogue.Config.ItemGroupCount; p++)
                candidates.UnionWith(left.OrderByDescending(item => catalogue.Logit(user, item, p)).ThenBy(item => item).Take(method.ComponentCandidates));
        if (method.Candidates == 0) return candidates;
        if (method.Kind != TopKKind.HIndexer)
        {
            candidates.UnionWith(left.OrderByDescending(item => catalogue.MeanLogit(user, item)).ThenBy(item => item).Take(method.Candidates));
            return candidates;
        }
        float[] order = [.. sampled.Select(item => catalogue.MeanLogit(user, item)).OrderDescending()];
        candidates.UnionWith(left.Where(item => sampled.Length <= method.Candidates || catalogue.MeanLogit(user, item) >= order[method.Candidates - 1]));
        return candidates;
    }
}
