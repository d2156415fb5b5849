using Sequor.Modeling;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Retrieval;
using Sequor.Serving;
using Xunit;

namespace Sequor.Tests.Serving;

public sealed class RecommenderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Questions_that_are_answered_together_get_the_answers_that_they_get_alone()
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"), options: new RecommenderOptions { ConcurrentBatches = 1, LargestBatch = 8 });
        var questions = Enumerable.Range(0, 300).Select(i => (
            Events: SmallHistories.Events(i, 1 + i % 40, times: i % 5 > 0),
            Query: new RecommendationQuery { Count = 1 + i % 37, IncludeSeen = i % 4 == 0, At = 200_000_000 + i, Excluded = i % 3 == 0 ? (int[])[1 + i % 100] : default })).ToArray();
        RecommendationAnswer[] alone = [.. questions.Select(question => recommender.Recommend(question.Events, question.Query))];
        RecommendationAnswer[] together = await Task.WhenAll(questions.Select(question =>
            Task.Run(() => recommender.RecommendAsync(question.Events, question.Query, TestContext.Current.CancellationToken))));
        for (int i = 0; i < questions.Length; i++) Assert.Equal(alone[i].Items, together[i].Items);
        Assert.All(together, answer => Assert.InRange(answer.Effort.BatchSize, 1, 8));
    }

    [Fact]
    public void Seen_and_excluded_items_are_never_recommended_unless_they_are_asked_for()
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"));
        UserEvents events = SmallHistories.Events(1, 3 * SmallModel.Length);
        int[] seen = [.. events.Items.ToArray().Distinct()], unwanted = [2, 3, 5];
        var found = recommender.Recommend(events, new RecommendationQuery { Count = 1000, Excluded = unwanted }).Items.Select(item => item.ItemIndex);
        Assert.Equal(Enumerable.Range(1, SmallModel.Items).Except(seen).Except(unwanted), found.Order());
        var all = recommender.Recommend(events, new RecommendationQuery { Count = 1000, IncludeSeen = true, Excluded = unwanted }).Items.Select(item => item.ItemIndex);
        Assert.Equal(Enumerable.Range(1, SmallModel.Items).Except(unwanted), all.Order());
    }

    [Fact]
    public void A_set_to_choose_from_gives_the_ranking_of_its_items()
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"));
        UserEvents events = SmallHistories.Events(1, 12);
        IReadOnlyList<Recommendation> ranking = recommender.Recommend(events, new RecommendationQuery { Count = 1000 }).Items;
        var among = ItemSet.Of(SmallModel.Items, [9, 18, 27, 36, 45, 54]);
        Assert.Equal(ranking.Where(item => among.Contains(item.ItemIndex)).Take(4), recommender.Recommend(events, new RecommendationQuery { Count = 4, Among = among }).Items);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 10)]
    [InlineData(7, 30)]
    [InlineData(50, 100)]
    public void A_diversity_cap_passes_over_what_would_exceed_it(int most, int count)
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"));
        UserEvents events = SmallHistories.Events(6, 12);
        var genres = recommender.Items.Attributes[0];
        var taken = new Dictionary<string, int>();
        var expected = new List<Recommendation>();
        foreach (Recommendation item in recommender.Recommend(events, new RecommendationQuery { Count = SmallModel.Items }).Items)
        {
            IReadOnlyList<string> values = genres.ValuesAt(item.ItemIndex - 1);
            if (expected.Count == count || values.Any(value => taken.GetValueOrDefault(value) == most)) continue;
            foreach (string value in values) taken[value] = taken.GetValueOrDefault(value) + 1;
            expected.Add(item);
        }
        Assert.Equal(expected, recommender.Recommend(events, new RecommendationQuery { Count = count, Diversity = new DiversityCap(genres, most) }).Items);
    }

    [Fact]
    public async Task A_question_that_fails_does_not_fail_those_beside_it()
    {
        ModelConfig rated = SmallModel.Hstu with
        {
            InputPreprocessor = InputPreprocessorKind.LearnablePositionalEmbeddingRated,
            Ratings = new RatingConfig { RowCount = 6, EmbeddingDim = 4 },
        };
        using Recommender recommender = SmallHistories.Load(folder.File("model"), rated, new RecommenderOptions { ConcurrentBatches = 1 });
        Task<RecommendationAnswer>[] asked = [.. Enumerable.Range(0, 100).Select(i => Task.Run(() => recommender.RecommendAsync(
            new UserEvents((int[])[1 + i % 50, 60], (long[])[5L, 6L], (float[])[4f, i % 10 == 3 ? 77f : 3f]), cancellationToken: TestContext.Current.CancellationToken)))];
        for (int i = 0; i < asked.Length; i++)
        {
            if (i % 10 == 3) Assert.Contains("rating 77", (await Assert.ThrowsAsync<InvalidInputException>(() => asked[i])).Message, StringComparison.Ordinal);
            else Assert.Equal(10, (await asked[i]).Items.Count);
        }
    }

    [Fact]
    public void Methods_are_those_that_were_loaded_the_first_by_default()
    {
        using Recommender recommender = SmallHistories.Load(
            folder.File("model"), options: new RecommenderOptions { Methods = [new TopKMethod(TopKKind.MipsBruteForce), new TopKMethod(TopKKind.HIndexer, 0, 40)] });
        UserEvents events = SmallHistories.Events(1, 8);
        Assert.Equal(["MIPSBruteForceTopK", "HIndexerTopK40"], recommender.Methods.Select(method => method.ToString()));
        Assert.Equal(
            recommender.Recommend(events).Items, recommender.Recommend(events, new RecommendationQuery { Method = new TopKMethod(TopKKind.MipsBruteForce) }).Items);
        Assert.Equal(5, recommender.Recommend(events, new RecommendationQuery { Count = 5, Method = new TopKMethod(TopKKind.HIndexer, 0, 40) }).Items.Count);
        Assert.Contains(
            "must be one of MIPSBruteForceTopK, HIndexerTopK40",
            Assert.Throws<ArgumentException>(() => recommender.Recommend(events, new RecommendationQuery { Method = new TopKMethod(TopKKind.HIndexer, 0, 41) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Coverage_counts_each_item_once()
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"));
        UserEvents events = SmallHistories.Events(1, 8);
        Assert.Equal(0, recommender.Coverage.DistinctItems);
        recommender.Recommend(events, new RecommendationQuery { Count = 30 });
        recommender.Recommend(events, new RecommendationQuery { Count = 25 });
        Assert.Equal(30, recommender.Coverage.DistinctItems);
        Assert.Equal(0.3, recommender.Coverage.Share);
    }
}
