using Sequor.Autograd;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;
using Sequor.Retrieval;
using Sequor.Tests.Data;
using Xunit;

namespace Sequor.Tests.Evaluation;

public sealed class EvaluatorTests : IDisposable
{
    private const int Items = 60;
    private readonly TemporaryFolder _folder = new();
    private readonly SequenceStore _store;
    private readonly RecommenderModel _mixture;

    public EvaluatorTests()
    {
        _store = SequenceStore.Open(SmallStore.Write(_folder.File("s"), [.. Enumerable.Range(0, 50).Select(user => 2 + user % 9)], Items));
        var settings = new MixtureOfLogitsConfig { ComponentDim = 4, QueryGroupCount = 2, ItemGroupCount = 2, QueryHiddenDim = 5, PairGateHiddenDim = 3, UserHashSizes = [7] };
        _mixture = new RecommenderModel(new ModelConfig { EmbeddingDim = 6, MaxSequenceLength = 8, Similarity = SimilarityKind.MixtureOfLogits, Mixture = settings }, Items);
        var random = new Random(3);
        foreach (Parameter parameter in _mixture.Parameters)
            for (int row = 0; row < parameter.Value.Rows; row++) foreach (ref float weight in parameter.Value[row]) weight = random.NextSingle() - 0.5f;
    }

    public void Dispose()
    {
        _mixture.Dispose();
        _store.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null, "MoLBruteForceTopK")]
    [InlineData("MoLExactTopK", "MoLExactTopK")]
    // Candidates enough to be all items: what is served is what brute force has.
    [InlineData("MoLNaiveTopK60", "MoLNaiveTopK60")]
    [InlineData("HIndexerTopK60", "HIndexerTopK60")]
    public void Methods_that_miss_nothing_measure_the_same(string? name, string reported)
    {
        EvaluationReport exact = Evaluate(null), report = Evaluate(name);
        Assert.Equal(reported, report.TopKMethod);
        Assert.Equal(50, report.UserCount);
        Assert.Equal(exact.Metrics, report.Metrics);
        Assert.True(exact.Metrics["mrr"] is > 0 and < 1);
    }

    // One candidate a user: the target is it, and first, or missed.
    [Fact]
    public void An_approximate_method_is_measured_by_what_it_would_serve()
    {
        EvaluationReport report = Evaluate("MoLAvgTopK1");
        Assert.Equal(report.Metrics["hr@1"], report.Metrics["hr@50"]);
        Assert.Equal(report.Metrics["hr@1"] + (1 - report.Metrics["hr@1"]) / (Items + 1), report.Metrics["mrr"], 1e-12);
    }

    [Fact]
    public void A_method_that_does_not_fit_the_model_is_refused()
    {
        var error = Assert.Throws<InvalidInputException>(() => Evaluate("MIPSBruteForceTopK"));
        Assert.Contains("MoLBruteForceTopK", error.Message, StringComparison.Ordinal);
    }

    private EvaluationReport Evaluate(string? name)
    {
        TopKMethod method = default;
        Assert.True(name is null || TopKMethod.TryParse(name, out method));
        return Evaluator.Evaluate(_mixture, LeaveOneOut.Test(_store, 8), new EvaluationOptions { BatchSize = 16, TopKMethod = name is null ? null : method });
    }
}
