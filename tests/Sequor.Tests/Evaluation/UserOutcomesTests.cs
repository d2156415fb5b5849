using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;
using Sequor.Tests.Data;
using Xunit;

namespace Sequor.Tests.Evaluation;

public sealed class UserOutcomesTests : IDisposable
{
    private const int Items = 60, Depth = 5, Window = 8;
    private readonly TemporaryFolder _folder = new();
    private readonly SequenceStore _store;
    private readonly LeaveOneOut _view;

    public UserOutcomesTests()
    {
        // Every tenth user has no history.
        _store = SequenceStore.Open(SmallStore.Write(_folder.File("s"), [.. Enumerable.Range(0, 50).Select(user => 1 + user % 10)], Items));
        _view = LeaveOneOut.Test(_store, Window);
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(SimilarityKind.DotProduct, 7)]
    [InlineData(SimilarityKind.MixtureOfLogits, 128)]
    public void Their_means_are_those_of_the_evaluation(SimilarityKind similarity, int batchSize)
    {
        using var model = new RecommenderModel(new ModelConfig { EmbeddingDim = 6, MaxSequenceLength = Window, Similarity = similarity, Mixture = new MixtureOfLogitsConfig { ComponentDim = 4, QueryGroupCount = 2, ItemGroupCount = 2 } }, Items);
        model.Initialize(5);
        var options = new EvaluationOptions { BatchSize = batchSize };
        UserOutcomes outcomes = UserOutcomes.Of(model, _view, Depth, options, cancellationToken: TestContext.Current.CancellationToken);
        EvaluationReport report = Evaluator.Evaluate(model, _view, options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((45, 45), (report.UserCount, outcomes.Users.Length));
        Assert.Equal(report.Metrics["ndcg@10"], outcomes.Select(rank => RankingMetrics.Ndcg(rank, 10)).Average(), 1e-12);
        Assert.Equal(report.Metrics["mrr"], outcomes.Select(RankingMetrics.ReciprocalRank).Average(), 1e-12);
        RequireListsThatAgree(outcomes);
    }

    [Fact]
    public void Those_of_the_most_popular_items_are_too()
    {
        // With the targets themselves among the counted events some are popular.
        LeaveOneOut training = LeaveOneOut.Test(_store, Window);
        UserOutcomes outcomes = UserOutcomes.OfPopularity(ItemPopularity.Count(training), _view, Depth);
        EvaluationReport report = Evaluator.EvaluatePopularity(training, _view, new EvaluationOptions());
        foreach (string name in (string[])["hr@1", "hr@10", "hr@50"])
            Assert.Equal(report.Metrics[name], outcomes.Select(rank => RankingMetrics.HitRate(rank, int.Parse(name[3..], System.Globalization.CultureInfo.InvariantCulture))).Average(), 1e-12);
        Assert.Equal(report.Metrics["mrr"], outcomes.Select(RankingMetrics.ReciprocalRank).Average(), 1e-12);
        RequireListsThatAgree(outcomes);
    }

    // The list holds the target exactly at its rank, and nothing that was seen.
    private void RequireListsThatAgree(UserOutcomes outcomes)
    {
        Assert.Contains(outcomes.Ranks.ToArray(), rank => rank <= Depth);
        for (int place = 0; place < outcomes.Users.Length; place++)
        {
            LeaveOneOutExample example = _view.Get(outcomes.Users[place]);
            int[] list = outcomes.Recommended(place).ToArray(), history = example.History.Items.ToArray();
            Assert.Equal(Depth, list.Distinct().Count());
            Assert.DoesNotContain(list, item => item == 0 || history.Contains(item));
            Assert.Equal(outcomes.Ranks[place] <= Depth ? outcomes.Ranks[place] - 1 : -1, Array.IndexOf(list, example.TargetItem));
        }
    }
}
