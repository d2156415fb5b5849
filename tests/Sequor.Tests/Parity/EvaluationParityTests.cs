using Sequor.Autograd;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Ranks in the whole catalogue and the metrics that follow from them.</summary>
public class EvaluationParityTests
{
    // The reference looks no further than 2,500 items and calls everything behind them this rank.
    private const int Missed = 2501;

    public static TheoryData<string> MetricCases => GoldenCase.Of("rank_metrics");

    public static TheoryData<string> SearchCases => GoldenCase.Of("topk_mips");

    public static TheoryData<string> MixtureSearchCases => GoldenCase.Of("topk_mol");

    public static TheoryData<string> RankCases => GoldenCase.Of("eval_");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(MetricCases))]
    public void Metrics_of_a_rank_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        Compare(golden, golden.Ints("in.rank"), []);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(RankCases))]
    public void Ranks_and_their_metrics_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] shape = golden.Shape("in.item_table"), past = golden.Ints("in.past_ids"), targets = golden.Ints("in.target_ids");
        int users = targets.Length, window = past.Length / users;
        var config = new ModelConfig { EmbeddingDim = shape[1], MaxSequenceLength = 8, ItemL2Norm = golden.Flag("item_l2_norm") };
        using var model = new RecommenderModel(config, shape[0] - 1);
        GoldenModel.Copy(golden.Floats("in.item_table"), model.Items.Value);
        // Rows of the table that are not in the case's catalogue do not exist: they are excluded for everyone.
        int[] missing = [.. Enumerable.Range(1, shape[0] - 1).Except(golden.Ints("in.all_item_ids"))];
        var excluded = new ExcludedItems();
        for (int u = 0; u < users; u++)
            excluded.Add(golden.Flag("filter_invalid_ids") ? [.. missing, .. past.Skip(u * window).Take(window).Where(id => id != 0)] : missing);
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        tape.Begin();
        Matrix queries = tape.Allocate(users, shape[1]);
        GoldenModel.Copy(golden.Floats("in.query"), queries);
        using var index = new MipsBruteForce(model, WorkerPool.Shared);
        var ranks = new int[users];
        index.Rank(queries, excluded, targets, ranks);

        // A small catalogue is searched to its end, and its last place is a rank like any other.
        for (int u = 0; u < users; u++) ranks[u] = Math.Min(ranks[u], Missed);
        Assert.Equal(golden.Ints("out.ranks_from_mrr"), ranks);
        Compare(golden, ranks, [.. golden.Longs("in.target_ratings").Select(rating => (float)rating)]);

        int k = Math.Min(10, golden.Ints("in.all_item_ids").Length);
        int[] items = new int[users * k];
        index.Search(queries, excluded, k, items, new float[users * k]);
        for (int u = 0; u < users; u++) Assert.Equal(ranks[u] <= k ? ranks[u] - 1 : -1, Array.IndexOf(items[(u * k)..((u + 1) * k)], targets[u]));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(SearchCases))]
    public void Top_k_items_and_scores_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] ids = golden.Ints("in.ids"), shape = golden.Shape("in.items");
        int users = golden.Shape("in.query")[0], dim = shape[2], perUser = golden.Shape("in.invalid_ids")[1];
        using var model = new RecommenderModel(new ModelConfig { EmbeddingDim = dim, MaxSequenceLength = 8 }, ids.Max());
        float[] vectors = golden.Floats("in.items");
        for (int i = 0; i < ids.Length; i++) vectors.AsSpan(i * dim, dim).CopyTo(model.Items.Value[ids[i]]);
        int[] missing = [.. Enumerable.Range(1, ids.Max()).Except(ids)], invalid = golden.Ints("in.invalid_ids");
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        tape.Begin();
        Matrix queries = tape.Allocate(users, dim);
        GoldenModel.Copy(golden.Floats("in.query"), queries);
        using var index = new MipsBruteForce(model, WorkerPool.Shared);
        Check(golden.Int("k"), "out.top_ids", "out.top_scores", filtered: false);
        Check(golden.Int("k_filtered"), "out.filtered_ids", "out.filtered_scores", filtered: true);

        void Check(int k, string expectedItems, string expectedScores, bool filtered)
        {
            var excluded = new ExcludedItems();
            for (int u = 0; u < users; u++) excluded.Add(filtered ? [.. missing, .. invalid.Skip(u * perUser).Take(perUser).Where(id => id > 0)] : missing);
            int[] items = new int[users * k];
            float[] scores = new float[users * k];
            index.Search(queries, excluded, k, items, scores);
            Assert.Equal(golden.Ints(expectedItems), items);
            Agreement.Check(expectedScores, golden.Floats(expectedScores), scores);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(MixtureSearchCases))]
    public void Top_k_by_a_mixture_equals_that_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] ids = golden.Ints("in.ids"), queryShape = golden.Shape("in.query"), itemShape = golden.Shape("in.items");
        int users = queryShape[0], k = golden.Int("k");
        var mixture = new MixtureOfLogits(GoldenMixture.Config(golden, golden.Hyper), queryShape[1], itemShape[2]);
        GoldenMixture.CopyWeights(golden, "w.", mixture);
        using var table = new Parameter("items", [ids.Length + 1, itemShape[2]], isTable: true);
        float[] vectors = golden.Floats("in.items");
        for (int i = 0; i < ids.Length; i++) vectors.AsSpan(i * itemShape[2], itemShape[2]).CopyTo(table.Value[i + 1]);
        using var tape = new Tape(WorkerPool.Shared, differentiate: false);
        tape.Begin();
        Matrix states = tape.Allocate(users, queryShape[1]);
        GoldenModel.Copy(golden.Floats("in.query"), states);
        using var index = new MixtureBruteForce(new MixtureItems(mixture, table, Normalize: false, Epsilon: 0), WorkerPool.Shared);
        var nothing = new ExcludedItems();
        for (int u = 0; u < users; u++) nothing.Add([]);
        int[] items = new int[users * k];
        float[] scores = new float[users * k];
        index.Search(mixture.Queries(tape, states, [], 0, recompute: false, out _), nothing, k, items, scores);
        Assert.Equal(golden.Ints("out.top_ids"), items.Select(item => ids[item - 1]));
        Agreement.Check("out.top_scores", golden.Floats("out.top_scores"), scores);
        foreach (Parameter parameter in mixture.Parameters) parameter.Dispose();
    }

    // The case holds one value a user; metrics over liked targets leave out the users whose target is not.
    private static void Compare(GoldenCase golden, int[] ranks, float[] ratings)
    {
        IReadOnlyDictionary<string, double>[] metrics = [.. ranks.Select((rank, u) => RankingMetrics.Compute([rank], ratings.Length > 0 ? [ratings[u]] : []))];
        foreach (string array in golden.ArrayNames.Where(array => array.StartsWith("out.", StringComparison.Ordinal) && array != "out.ranks_from_mrr"))
        {
            float[] own = [.. metrics.Where(m => m.ContainsKey(array[4..])).Select(m => (float)m[array[4..]])];
            Agreement.Check(array, golden.Floats(array), own);
        }
    }
}
