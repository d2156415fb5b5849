using Sequor.Serving;
using Xunit;

namespace Sequor.Tests.Serving;

public sealed class UserSessionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_session_answers_as_its_window_does_without_a_cache_for_every_prefix(bool times)
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"));
        UserEvents all = SmallHistories.Events(1, 5 * SmallModel.Length, times);
        var random = new Random(2);
        using UserSession session = recommender.OpenSession(Part(all, 0, 3));
        for (int count = 3; count <= all.Count;)
        {
            long? at = times ? all.Timestamps.Span[count - 1] + random.Next(0, 1_000_000) : null;
            RecommendationAnswer answer = recommender.Recommend(session, new RecommendationQuery { At = at });
            int first = SessionWindow.First(count, SmallModel.Length);
            RecommendationAnswer expected = recommender.Recommend(
                Part(all, first, count), new RecommendationQuery { At = at, Excluded = all.Items[..count] });
            Same(expected.Items, answer.Items);
            Assert.Equal(count - first, answer.Effort.WindowEvents);
            if (count == all.Count) break;
            int more = Math.Min(all.Count - count, random.Next(1, 4));
            session.Append(Part(all, count, count + more));
            count += more;
        }
    }

    [Fact]
    public void Only_the_new_events_are_computed()
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"));
        UserEvents all = SmallHistories.Events(3, SmallModel.Length);
        using UserSession session = recommender.OpenSession(Part(all, 0, 10));
        Assert.Equal(0, recommender.Recommend(session).Effort.CachedEvents);
        Assert.Equal(9, recommender.Recommend(session).Effort.CachedEvents);
        session.Append(Part(all, 10, 12));
        Assert.Equal(9, recommender.Recommend(session).Effort.CachedEvents);
        Assert.Equal(11, recommender.Recommend(session).Effort.CachedEvents);
        Assert.True(session.MemoryBytes > 0);
    }

    [Fact]
    public async Task Two_questions_at_a_time_get_the_same_answer_and_a_session_that_has_ended_still_answers()
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model"), options: new RecommenderOptions { ConcurrentBatches = 2 });
        UserSession session = recommender.OpenSession(SmallHistories.Events(4, 15));
        IReadOnlyList<Recommendation> expected = recommender.Recommend(session).Items;
        Task<RecommendationAnswer>[] asked = [.. Enumerable.Range(0, 200).Select(i => Task.Run(() =>
        {
            if (i == 150) session.Dispose();
            return recommender.RecommendAsync(session, cancellationToken: TestContext.Current.CancellationToken);
        }))];
        foreach (RecommendationAnswer answer in await Task.WhenAll(asked)) Same(expected, answer.Items);
    }

    [Fact]
    public void What_does_not_fit_the_events_before_is_refused()
    {
        using Recommender recommender = SmallHistories.Load(folder.File("model")), other = SmallHistories.Load(folder.File("other"));
        using UserSession session = recommender.OpenSession(SmallHistories.Events(5, 4)), empty = recommender.OpenSession(new UserEvents(default));
        Assert.Contains("must have times exactly if", Assert.Throws<ArgumentException>(() => session.Append(new UserEvents((int[])[1]))).Message, StringComparison.Ordinal);
        Assert.Contains("must lie in 1 … 100", Assert.Throws<ArgumentException>(() => session.Append(new UserEvents((int[])[101], (long[])[5L]))).Message, StringComparison.Ordinal);
        Assert.Contains("belongs to another recommender", Assert.Throws<ArgumentException>(() => other.Recommend(session)).Message, StringComparison.Ordinal);
        Assert.Contains("has no events", Assert.Throws<ArgumentException>(() => recommender.Recommend(empty)).Message, StringComparison.Ordinal);
        empty.Append(new UserEvents((int[])[1, 2], (long[])[5L, 6L]));
        Assert.Equal(10, recommender.Recommend(empty).Items.Count);
    }

    private static UserEvents Part(UserEvents all, int first, int end) =>
        new(all.Items[first..end], all.Timestamps.IsEmpty ? default : all.Timestamps[first..end]);

    private static void Same(IReadOnlyList<Recommendation> expected, IReadOnlyList<Recommendation> found)
    {
        Assert.Equal(expected.Select(item => item.ItemId), found.Select(item => item.ItemId));
        for (int i = 0; i < expected.Count; i++) Assert.Equal(expected[i].Score, found[i].Score, 1e-5f * Math.Max(1, Math.Abs(expected[i].Score)));
    }
}
