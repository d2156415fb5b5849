using Microsoft.Extensions.Logging.Abstractions;
using Sequor.Modeling;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Server.Tests.Users;
using Sequor.Server.Users;
using Xunit;

namespace Sequor.Cluster.Tests;

/// <summary>What holds of users wherever they are kept.</summary>
public abstract class UsersContract : IAsyncDisposable
{
    private const long Now = 2_000_000;

    private readonly List<IDisposable> _oracle = [];

    private protected TemporaryFolder Folder { get; } = new();

    private protected static TimeProvider Time { get; } = new Clock();

    private protected IUsers Users { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Any_appends_repetitions_late_events_and_forgetting_leave_what_lists_would_hold(int seed)
    {
        int[] lengths = [3, 0, 5, 2];
        bool times = seed != 2;
        await OpenAsync(SmallData.Write(Folder.File("d.sequor"), lengths, times: times));
        var naive = new NaiveHistories();
        for (int u = 0; u < lengths.Length; u++)
            naive.Append($"u{u}", Enumerable.Range(0, lengths[u]).Select(i => new KeptEvent($"i{SmallData.Item(u, i)}", times ? SmallData.Time(u, i) : null, SmallData.Rating(u, i), null)));
        var random = new Random(seed);
        for (int step = 0; step < 250; step++)
        {
            string user = $"u{random.Next(7)}";
            if (random.Next(20) == 0) Assert.Equal(naive.Forget(user), await Users.ForgetAsync(user, Token));
            KeptEvent[] events = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new KeptEvent(
                $"i{random.Next(130)}",
                random.Next(12) == 0 ? null : 999_000 + random.Next(2000),
                random.Next(3) == 0 ? null : random.NextSingle(),
                random.Next(3) == 0 ? null : $"e{random.Next(60)}"))];
            Assert.Equal(naive.Append(user, events), await Users.AppendAsync(user, events, Token));
            Assert.Equal(naive.Of(user), (await Users.FindAsync(user, Token))?.Events);
            Assert.Equal(naive.Count, (await Users.SomeAsync(0, Token)).Count);
        }

        for (int u = 0; u < 7; u++) Assert.Equal(naive.Of($"u{u}"), (await Users.FindAsync($"u{u}", Token))?.Events);
        Assert.Equal(naive.Count, (await Users.SomeAsync(100, Token)).UserIds.Count);
    }

    [Fact]
    public async Task The_prepared_users_are_there_in_their_order()
    {
        int[] lengths = [.. Enumerable.Range(0, 40).Select(u => u * u % 47)];
        await OpenAsync(SmallData.Write(Folder.File("d.sequor"), lengths));
        Assert.Equal(lengths.Count(length => length > 0), (await Users.SomeAsync(1, Token)).Count);
        Assert.Equal(["u1", "u2", "u3"], (await Users.SomeAsync(3, Token)).UserIds);
        for (int u = 0; u < lengths.Length; u++)
        {
            KeptEvent[] expected = [.. Enumerable.Range(0, lengths[u]).Select(i => new KeptEvent($"i{SmallData.Item(u, i)}", SmallData.Time(u, i), SmallData.Rating(u, i), null))];
            Assert.Equal(lengths[u] == 0 ? null : expected, (await Users.FindAsync($"u{u}", Token))?.Events);
        }

        await Users.AppendAsync("newcomer", [new KeptEvent("i1", 1, null, null)], Token);
        Assert.Equal("newcomer", (await Users.SomeAsync(1000, Token)).UserIds[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_between_appends_are_those_of_a_session_that_is_opened_anew(bool times)
    {
        string data = SmallData.Write(Folder.File("d.sequor"), [6, 3, 30], times: times);
        await OpenAsync(data);
        EmbeddedUsers fresh = Oracle(data);
        var random = new Random(3);
        int cached = 0;
        for (int step = 0; step < 100; step++)
        {
            string user = $"u{random.Next(3)}";
            KeptEvent[] events = [.. Enumerable.Range(0, random.Next(3)).Select(i => new KeptEvent(
                $"i{random.Next(1, 110)}", random.Next(8) == 0 ? 900_000 + random.Next(1000) : 1_000_000 + 50 * step, null, null))];
            Assert.Equal(await fresh.AppendAsync(user, events, Token), await Users.AppendAsync(user, events, Token));
            RecommendResponse expected = (await fresh.RecommendAsync(Ask(user), Token))!, answer = (await Users.RecommendAsync(Ask(user), Token))!;
            Same(expected, answer);
            Assert.Equal((expected.HistoryCount, expected.WindowCount, expected.At, expected.ModelVersion), (answer.HistoryCount, answer.WindowCount, answer.At, answer.ModelVersion));
            Assert.Equal(expected.UnknownItems.Order(), answer.UnknownItems.Order());
            Assert.Equal(answer.WindowCount, answer.Why!.Count);
            cached += answer.Timing.CachedEvents > 0 ? 1 : 0;
        }

        Assert.True(cached > 25, $"{cached} of 100 answers went on from a session");
    }

    [Fact]
    public async Task A_question_after_the_answer_to_an_append_sees_its_event_whoever_asks_beside_it()
    {
        await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            string user = $"user {w % 2}";
            for (int i = 0; i < 12; i++)
            {
                string item = $"i{1 + 12 * w + i}";
                await Users.AppendAsync(user, [new KeptEvent(item, 1_000_000 + i, null, null)], Token);
                RecommendResponse answer = (await Users.RecommendAsync(Ask(user) with { K = 100, Explain = false }, Token))!;
                Assert.DoesNotContain(item, answer.Items.Select(found => found.ItemId));
            }
        })));
        Assert.Equal(48, (await Users.RecommendAsync(Ask("user 0"), Token))!.HistoryCount);
    }

    [Fact]
    public async Task An_event_that_many_send_at_once_is_kept_once()
    {
        await OpenAsync();
        AppendOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () => await
            Users.AppendAsync($"user {i % 2}", [new KeptEvent("i1", i, null, $"e{i / 2 % 20}"), new KeptEvent("i2", i, null, "same")], Token))));
        Assert.Equal(2 * 21, outcomes.Sum(outcome => outcome.Appended));
        Assert.Equal(400 - 2 * 21, outcomes.Sum(outcome => outcome.Repeated));
        Assert.Equal(21, (await Users.FindAsync("user 0", Token))!.Events.Count);
        Assert.Equal(21, (await Users.FindAsync("user 1", Token))!.Events.Select(one => one.EventId).Distinct().Count());
    }

    [Fact]
    public async Task A_forgotten_user_is_a_stranger()
    {
        await OpenAsync(SmallData.Write(Folder.File("d.sequor"), [6]));
        Assert.NotNull(await Users.RecommendAsync(Ask("u0"), Token));
        Assert.True(await Users.ForgetAsync("u0", Token));
        Assert.Null(await Users.RecommendAsync(Ask("u0"), Token));
        Assert.Null(await Users.FindAsync("u0", Token));
        Assert.Equal(0, (await Users.SomeAsync(5, Token)).Count);
        Assert.False(await Users.ForgetAsync("u0", Token));
        Assert.Equal(new AppendOutcome(1, 0, 1), await Users.AppendAsync("u0", [new KeptEvent("i3", 5, null, "e")], Token));
        Assert.Equal(1, (await Users.RecommendAsync(Ask("u0"), Token))!.HistoryCount);
    }

    [Fact]
    public async Task Nothing_appended_makes_no_user()
    {
        await OpenAsync();
        Assert.Equal(default, await Users.AppendAsync("nobody", [], Token));
        Assert.Null(await Users.FindAsync("nobody", Token));
        Assert.Null(await Users.RecommendAsync(Ask("nobody"), Token));
        Assert.Equal(0, (await Users.SomeAsync(5, Token)).Count);
    }

    [Fact]
    public async Task A_model_that_reads_ratings_sees_the_events_that_have_one_that_it_knows()
    {
        await OpenAsync(config: SmallModel.Hstu with
        {
            InputPreprocessor = InputPreprocessorKind.LearnablePositionalEmbeddingRated,
            Ratings = new RatingConfig { RowCount = 6, EmbeddingDim = 4 },
        });
        await Users.AppendAsync("ann", [new KeptEvent("i1", 1, null, null), new KeptEvent("i2", 2, 77, null), new KeptEvent("i3", 3, -1, null)], Token);
        RequestException refused = await Assert.ThrowsAsync<RequestException>(async () => await Users.RecommendAsync(Ask("ann"), Token));
        Assert.Equal((422, "userId", "ann"), (refused.Status, refused.Field, refused.Value));
        await Users.AppendAsync("ann", [new KeptEvent("i4", 4, 4.5f, null)], Token);
        Assert.Equal(1, (await Users.RecommendAsync(Ask("ann"), Token))!.HistoryCount);
        Assert.Equal(4, (await Users.FindAsync("ann", Token))!.Events.Count);
    }

    [Fact]
    public async Task Ids_may_be_of_any_letters()
    {
        await OpenAsync();
        foreach (string id in (string[])["a:b", "{x}", "}", "Zoë 😀", "user", "next", "=", "~", new string('x', 500)])
        {
            await Users.AppendAsync(id, [new KeptEvent(id, -5, 0.1f, id)], Token);
            Assert.Equal([new KeptEvent(id, -5, 0.1f, id)], (await Users.FindAsync(id, Token))!.Events);
        }

        Assert.Equal(9, (await Users.SomeAsync(100, Token)).Count);
    }

    public virtual ValueTask DisposeAsync()
    {
        foreach (IDisposable one in Enumerable.Reverse(_oracle)) one.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected abstract Task<IUsers> OpenUsersAsync(string? data);

    private protected static RecommendRequest Ask(string user) => new() { UserId = user, Explain = true };

    private async Task OpenAsync(string? data = null, ModelConfig? config = null)
    {
        Node.WriteModel(Folder.File("model"), config);
        Users = await OpenUsersAsync(data);
    }

    // A service that stands alone and keeps no sessions.
    private EmbeddedUsers Oracle(string data)
    {
        ServerOptions options = Node.Options(Folder.File("model"), cacheBytes: 0);
        var models = new ModelHost(options, NullLogger<ModelHost>.Instance, Time);
        HistoryStore store = HistoryStore.Open(Folder.File("oracle.db"), data);
        var users = new EmbeddedUsers(store, models, options, Time);
        _oracle.AddRange([models, store, users]);
        return users;
    }

    private static void Same(RecommendResponse expected, RecommendResponse found)
    {
        Assert.Equal(expected.Items.Select(item => item.ItemId), found.Items.Select(item => item.ItemId));
        for (int i = 0; i < expected.Items.Count; i++) Assert.Equal(expected.Items[i].Score, found.Items[i].Score, 1e-5f * Math.Max(1, Math.Abs(expected.Items[i].Score)));
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
    }
}
