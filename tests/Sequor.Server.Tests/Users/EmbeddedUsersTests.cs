using Microsoft.Extensions.Logging.Abstractions;
using Sequor.Modeling;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Server.Users;
using Xunit;

namespace Sequor.Server.Tests.Users;

public sealed class EmbeddedUsersTests : IDisposable
{
    private const long Now = 2_000_000;

    private readonly TemporaryFolder folder = new();
    private HistoryStore? store;
    private ModelHost? host;
    private EmbeddedUsers? users;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        users?.Dispose();
        host?.Dispose();
        store?.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_between_appends_are_those_of_a_session_that_is_opened_anew(bool times)
    {
        Open(data: SmallData.Write(folder.File("d.sequor"), [6, 3, 30], times: times));
        var random = new Random(3);
        using var fresh = new EmbeddedUsers(store!, host!, Options(cacheBytes: 0), new Clock());
        int cached = 0;
        for (int step = 0; step < 120; step++)
        {
            string user = $"u{random.Next(3)}";
            // Now and then late ones, unknown ones, and two of one time.
            await users!.AppendAsync(user, [.. Enumerable.Range(0, random.Next(3)).Select(i => new KeptEvent(
                $"i{random.Next(1, 110)}", random.Next(8) == 0 ? 900_000 + random.Next(1000) : 1_000_000 + 50 * step, null, null))], Token);
            RecommendResponse expected = (await fresh.RecommendAsync(Ask(user), Token))!, answer = (await users.RecommendAsync(Ask(user), Token))!;
            Same(expected, answer);
            Assert.Equal((expected.HistoryCount, expected.WindowCount, expected.At), (answer.HistoryCount, answer.WindowCount, answer.At));
            Assert.Equal(expected.UnknownItems.Order(), answer.UnknownItems.Order());
            Assert.Equal(answer.WindowCount, answer.Why!.Count);
            cached += answer.Timing.CachedEvents > 0 ? 1 : 0;
        }

        // Behind 20 events every further one moves the window of this model, and the answer begins anew.
        Assert.True(cached > 40, $"{cached} of 120 answers went on from a session");
        Assert.Equal(0, fresh.SessionCount);
    }

    [Fact]
    public async Task A_question_after_the_answer_to_an_append_sees_its_event_whoever_asks_beside_it()
    {
        Open();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            string user = $"user {w % 2}";
            for (int i = 0; i < 12; i++)
            {
                string item = $"i{1 + 12 * w + i}";
                await users!.AppendAsync(user, [new KeptEvent(item, 1_000_000 + i, null, null)], Token);
                RecommendResponse answer = (await users.RecommendAsync(Ask(user) with { K = 100, Explain = false }, Token))!;
                Assert.DoesNotContain(item, answer.Items.Select(found => found.ItemId));
            }
        })));
        Assert.Equal(48, (await users!.RecommendAsync(Ask("user 0"), Token))!.HistoryCount);
        using var fresh = new EmbeddedUsers(store!, host!, Options(cacheBytes: 0), new Clock());
        Same((await fresh.RecommendAsync(Ask("user 1"), Token))!, (await users.RecommendAsync(Ask("user 1"), Token))!);
    }

    [Fact]
    public async Task A_swap_rebuilds_the_sessions_from_the_histories_by_the_ids_of_items()
    {
        Open(data: SmallData.Write(folder.File("d.sequor"), [6, 3]));
        await users!.AppendAsync("u0", [new KeptEvent("i200", Now, null, null), new KeptEvent("i7", Now, null, null)], Token);
        RecommendResponse before = (await users.RecommendAsync(Ask("u0"), Token))!;
        Assert.Equal(["i200"], before.UnknownItems);
        Assert.Equal(1, users.SessionCount);
        SmallModel.Write(folder.File("model"), seed: 9);
        await host!.ReloadAsync(Token);
        Assert.Equal((0, 0L), (users.SessionCount, users.SessionBytes));
        RecommendResponse after = (await users.RecommendAsync(Ask("u0"), Token))!;
        Assert.Equal(host.Version, after.ModelVersion);
        Assert.NotEqual(before.ModelVersion, after.ModelVersion);
        Assert.NotEqual(before.Items.Select(item => item.Score), after.Items.Select(item => item.Score));
        Assert.Equal(7, after.HistoryCount);
    }

    [Fact]
    public async Task Sessions_stay_within_their_memory_and_the_users_that_asked_last_keep_theirs()
    {
        const int Most = 40_000;
        Open(data: SmallData.Write(folder.File("d.sequor"), [.. Enumerable.Repeat(15, 60)]), cacheBytes: Most);
        for (int u = 0; u < 60; u++)
        {
            await users!.RecommendAsync(Ask($"u{u}"), Token);
            await users.AppendAsync($"u{u}", [new KeptEvent("i1", Now, null, null)], Token);
            Assert.InRange(users.SessionBytes, 0, Most);
        }

        Assert.InRange(users!.SessionCount, 2, 59);
        Assert.True((await users.RecommendAsync(Ask("u59"), Token))!.Timing.CachedEvents > 0);
        Assert.Equal(0, (await users.RecommendAsync(Ask("u0"), Token))!.Timing.CachedEvents);
    }

    [Fact]
    public async Task A_forgotten_user_is_a_stranger()
    {
        Open(data: SmallData.Write(folder.File("d.sequor"), [6]));
        Assert.NotNull(await users!.RecommendAsync(Ask("u0"), Token));
        Assert.True(await users.ForgetAsync("u0", Token));
        Assert.Null(await users.RecommendAsync(Ask("u0"), Token));
        Assert.Null(await users.FindAsync("u0", Token));
        Assert.Equal((0, 0), (users.SessionCount, (int)(await users.SomeAsync(5, Token)).Count));
        await users.AppendAsync("u0", [new KeptEvent("i3", 5, null, null)], Token);
        Assert.Equal(1, (await users.RecommendAsync(Ask("u0"), Token))!.HistoryCount);
    }

    [Fact]
    public async Task A_model_that_reads_ratings_sees_the_events_that_have_one_that_it_knows()
    {
        Open(SmallModel.Hstu with
        {
            InputPreprocessor = InputPreprocessorKind.LearnablePositionalEmbeddingRated,
            Ratings = new RatingConfig { RowCount = 6, EmbeddingDim = 4 },
        });
        await users!.AppendAsync("ann", [new KeptEvent("i1", 1, null, null), new KeptEvent("i2", 2, 77, null), new KeptEvent("i3", 3, -1, null)], Token);
        RequestException refused = await Assert.ThrowsAsync<RequestException>(async () => await users.RecommendAsync(Ask("ann"), Token));
        Assert.Equal((422, "userId", "ann"), (refused.Status, refused.Field, refused.Value));
        await users.AppendAsync("ann", [new KeptEvent("i4", 4, 4.5f, null)], Token);
        Assert.Equal(1, (await users.RecommendAsync(Ask("ann"), Token))!.HistoryCount);
        await users.AppendAsync("ann", [new KeptEvent("i5", 5, null, null), new KeptEvent("i6", 6, 0, null)], Token);
        Assert.Equal(2, (await users.RecommendAsync(Ask("ann"), Token))!.HistoryCount);
        Assert.Equal(6, (await users.FindAsync("ann", Token))!.Events.Count);
    }

    private static RecommendRequest Ask(string user) => new() { UserId = user, Explain = true };

    private static void Same(RecommendResponse expected, RecommendResponse found)
    {
        Assert.Equal(expected.Items.Select(item => item.ItemId), found.Items.Select(item => item.ItemId));
        for (int i = 0; i < expected.Items.Count; i++) Assert.Equal(expected.Items[i].Score, found.Items[i].Score, 1e-5f * Math.Max(1, Math.Abs(expected.Items[i].Score)));
    }

    private void Open(ModelConfig? config = null, string? data = null, long cacheBytes = 1 << 20)
    {
        SmallModel.Write(folder.File("model"), config);
        ServerOptions options = Options(cacheBytes);
        host = new ModelHost(options, NullLogger<ModelHost>.Instance, new Clock());
        store = HistoryStore.Open(options.HistoriesPath, data);
        users = new EmbeddedUsers(store, host, options, new Clock());
    }

    private ServerOptions Options(long cacheBytes) => new() { ModelDirectory = folder.File("model"), HistoriesPath = folder.File("h.db"), CacheBytes = cacheBytes };

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
    }
}
