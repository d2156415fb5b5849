using System.Globalization;
using Sequor.Cluster.Redis;
using Sequor.Server.Contracts;
using Sequor.Server.Users;
using StackExchange.Redis;
using Xunit;

namespace Sequor.Cluster.Tests;

/// <summary>What holds between nodes; they are of this process, Redis is real.</summary>
public sealed class ClusterTests(RedisServer redis) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly string _service = Guid.NewGuid().ToString("N");
    private readonly List<Node> _nodes = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => Task.Run(async () => await node.DisposeAsync())));
        _folder.Dispose();
    }

    [Fact]
    public async Task An_append_that_was_held_up_cannot_bring_back_a_user_who_was_forgotten_meanwhile()
    {
        await JoinAsync(1);
        ClusterUsers users = _nodes[0].Users;
        await users.AppendAsync("ann", [Event(0)], Token);
        Assert.True(await users.ForgetAsync("ann", Token));
        // As it was sent before: nobody had been forgotten then.
        var keys = new RedisKeys(_service);
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis.Address.Configuration(s_patience));
        RedisResult[] late = (RedisResult[])(await connection.GetDatabase().ScriptEvaluateAsync(
            RedisHistories.AppendScript, [keys.User("ann"), keys.Users, keys.Facts], ["0", "ann", EventRecord.Field("late"), EventRecord.Value(Event(1))]))!;
        Assert.Equal(0, (int)late[0]);
        Assert.Null(await users.FindAsync("ann", Token));
        Assert.Equal(0, (await users.SomeAsync(1, Token)).Count);
        Assert.Equal(1, (await users.AppendAsync("ann", [Event(2)], Token)).Total);
    }

    [Fact]
    public async Task A_node_that_has_a_user_sees_what_another_one_took_in_past_it()
    {
        await JoinAsync(2);
        await _nodes[0].Users.AppendAsync("ann", [Event(0), Event(1)], Token);
        Assert.Equal(2, (await AskAsync(_nodes[0], "ann")).HistoryCount);
        Assert.True((await AskAsync(_nodes[1], "ann")).Timing.CachedEvents > 0);
        // As a node does that cannot reach the user's.
        await using RedisLink link = await RedisLink.ConnectAsync(redis.Address, s_patience, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var past = new RedisHistories(link, new RedisKeys(_service));
        await past.AppendAsync("ann", [Event(2) with { EventId = "past" }], Token);
        Assert.Equal(3, (await AskAsync(_nodes[0], "ann")).HistoryCount);
        await past.ForgetAsync("ann", Token);
        Assert.Null(await _nodes[1].Users.RecommendAsync(new RecommendRequest { UserId = "ann" }, Token));
        await past.AppendAsync("ann", [.. Enumerable.Range(0, 3).Select(i => Event(i + 7) with { EventId = $"anew {i}" })], Token);
        Assert.Equal(3, (await AskAsync(_nodes[0], "ann")).HistoryCount);
        Assert.Equal("i8", (await _nodes[0].Users.FindAsync("ann", Token))!.Events[0].ItemId);
    }

    [Fact]
    public async Task Users_move_to_a_node_that_comes_and_from_one_that_leaves_and_no_call_fails()
    {
        const int Users = 30;
        await JoinAsync(1);
        for (int u = 0; u < Users; u++) await _nodes[0].Users.AppendAsync($"user {u}", [Event(0)], Token);
        Assert.Equal(Users, _nodes[0].Users.ActiveUsers);
        await JoinAsync(1);
        using var end = new CancellationTokenSource();
        int[] counts = [.. Enumerable.Repeat(1, Users)];
        Task load = Task.WhenAll(Enumerable.Range(0, 3).Select(w => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
                for (int u = w; u < Users; u += 3)
                {
                    AppendOutcome outcome = await _nodes[0].Users.AppendAsync($"user {u}", [Event(counts[u])], Token);
                    Assert.Equal(new AppendOutcome(1, 0, ++counts[u]), outcome);
                    Assert.Equal(outcome.Total, (await AskAsync(_nodes[0], $"user {u}")).HistoryCount);
                }
        })));
        await UntilAsync(() => _nodes[1].Users.ActiveUsers > Users / 5 && _nodes.Sum(node => node.Users.ActiveUsers) == Users, load);
        Node leaving = _nodes[1];
        _nodes.RemoveAt(1);
        await leaving.DisposeAsync();
        await UntilAsync(() => _nodes[0].Users.ActiveUsers == Users, load);
        await end.CancelAsync();
        await load;
        for (int u = 0; u < Users; u++) Assert.Equal(counts[u], (await _nodes[0].Users.FindAsync($"user {u}", Token))!.Events.Count);
    }

    [Fact]
    public async Task A_node_that_the_others_take_for_dead_goes_on_answering_and_joins_them_anew()
    {
        await JoinAsync(2);
        for (int u = 0; u < 10; u++) await _nodes[0].Users.AppendAsync($"user {u}", [Event(0)], Token);
        Silo before = _nodes[1].Users.Silo!;
        string former = before.Address.ToParsableString();
        Assert.True(await _nodes[0].Users.Silo!.Membership.TryKill(before.Address));
        for (int u = 0; u < 10; u++)
        {
            await _nodes[1].Users.AppendAsync($"user {u}", [Event(1)], Token);
            Assert.Equal(2, (await AskAsync(_nodes[1], $"user {u}")).HistoryCount);
            Assert.Equal(2, (await AskAsync(_nodes[0], $"user {u}")).HistoryCount);
        }

        await UntilAsync(() => _nodes[1].Users.Silo is { } anew && anew.Address.ToParsableString() != former && _nodes[0].Users.Silo!.Active.Contains(anew.Address));
        for (int u = 0; u < 10; u++) Assert.Equal(2, (await AskAsync(_nodes[u % 2], $"user {u}")).HistoryCount);
    }

    [Fact]
    public async Task Nodes_with_different_models_answer_each_with_its_own_and_tell_of_all()
    {
        string other = _folder.File("other");
        SmallModel.Write(other, seed: 9);
        await JoinAsync(1);
        _nodes.Add(await Node.JoinAsync(redis.Address, _service, Node.Options(other)));
        string[] versions = [.. _nodes.Select(node => node.Models.Version)];
        Assert.NotEqual(versions[0], versions[1]);
        var seen = new HashSet<string>();
        for (int u = 0; u < 20; u++)
        {
            await _nodes[0].Users.AppendAsync($"user {u}", [Event(0), Event(1)], Token);
            string[] answered = [(await AskAsync(_nodes[0], $"user {u}")).ModelVersion, (await AskAsync(_nodes[1], $"user {u}")).ModelVersion];
            // Whoever is asked, the user's node answers.
            Assert.Equal(answered[0], answered[1]);
            seen.Add(answered[0]);
        }

        Assert.Equal(versions.Order(), seen.Order());
        IReadOnlyList<NodeResponse> told = await _nodes[1].Users.NodesAsync(Token);
        Assert.Equal(versions.Order(), told.Select(node => node.ModelVersion).Order());
        Assert.Single(told, node => node.IsThis && node.ModelVersion == versions[1]);
        Assert.Single(told.Select(node => node.Catalogue).Distinct());
        SmallModel.Write(_folder.File("model"), seed: 9);
        await _nodes[0].Models.ReloadAsync(Token);
        await UntilAsync(async () => (await _nodes[1].Users.NodesAsync(Token)).All(node => node.ModelVersion == versions[1]));
        for (int u = 0; u < 20; u++) Assert.Equal(versions[1], (await AskAsync(_nodes[1], $"user {u}")).ModelVersion);
    }

    [Fact]
    public async Task An_append_to_a_long_history_moves_no_more_than_its_event()
    {
        const int Length = 100_000;
        using var own = new RedisServer();
        await using Node node = await Node.JoinAsync(own.Address, _service, Node.Options(Node.WriteModel(_folder.File("model"))));
        ClusterUsers users = node.Users;
        for (int first = 0; first < Length; first += 10_000)
            await users.AppendAsync("ann", [.. Enumerable.Range(first, 10_000).Select(i => new KeptEvent($"i{1 + i % 100}", i, null, $"event {i}"))], Token);
        Assert.Equal(Length, (await AskAsync(node, "ann")).HistoryCount);
        (long read, long written) = await TrafficAsync(own);
        for (int i = 0; i < 20; i++) Assert.Equal(Length + i + 1, (await users.AppendAsync("ann", [Event(Length + i)], Token)).Total);
        (long readNow, long writtenNow) = await TrafficAsync(own);
        // A question reads what is new to the session; on a busy machine a node may take another's place, which reads it all.
        Assert.Equal(Length + 20, (await AskAsync(node, "ann")).HistoryCount);
        // Nodes say what they are, and probe, besides.
        Assert.InRange(readNow - read, 1, 50_000);
        Assert.InRange(writtenNow - written, 1, 50_000);
    }

    [Fact]
    public async Task While_Redis_is_away_callers_are_asked_to_come_back_and_when_it_is_there_nothing_is_missing()
    {
        using var own = new RedisServer();
        await using Node node = await Node.JoinAsync(own.Address, _service, Node.Options(Node.WriteModel(_folder.File("model"))) with { RequestTimeout = TimeSpan.FromSeconds(10) });
        for (int i = 0; i < 20; i++) await node.Users.AppendAsync("ann", [Event(i)], Token);
        Assert.Equal(20, (await AskAsync(node, "ann")).HistoryCount);
        own.Kill();
        Task<UsersUnavailableException>[] refused =
        [
            Assert.ThrowsAsync<UsersUnavailableException>(() => AskAsync(node, "ann")),
            Assert.ThrowsAsync<UsersUnavailableException>(async () => await node.Users.AppendAsync("bob", [Event(1) with { EventId = "e" }], Token)),
            Assert.ThrowsAsync<UsersUnavailableException>(async () => await node.Users.FindAsync("ann", Token)),
        ];
        foreach (UsersUnavailableException away in await Task.WhenAll(refused)) Assert.Contains("Redis, which keeps the users, does not answer", away.Message, StringComparison.Ordinal);
        Assert.Single(await node.Users.NodesAsync(Token));
        own.Start();
        await UntilAsync(async () =>
        {
            try
            {
                return (await node.Users.AppendAsync("bob", [Event(1) with { EventId = "e" }], Token)).Total == 1;
            }
            catch (UsersUnavailableException)
            {
                return false;
            }
        });
        Assert.Equal(20, (await node.Users.FindAsync("ann", Token))!.Events.Count);
        Assert.Equal(21, (await node.Users.AppendAsync("ann", [Event(20)], Token)).Total);
        Assert.Equal(21, (await AskAsync(node, "ann")).HistoryCount);
    }

    [Fact]
    public async Task Nothing_of_a_forgotten_user_is_left_in_the_files_of_Redis()
    {
        using var own = new RedisServer();
        await using (Node node = await Node.JoinAsync(own.Address, _service, Node.Options(Node.WriteModel(_folder.File("model")))))
        {
            foreach (string user in (string[])["person-stays", "person-leaves"])
                for (int i = 0; i < 50; i++) await node.Users.AppendAsync(user, [Event(i) with { EventId = $"{user} {i}" }], Token);
            await UntilAsync(async () => (await own.FilesAsync()).Contains("person-leaves 49", StringComparison.Ordinal));
            Assert.True(await node.Users.ForgetAsync("person-leaves", Token));
            await UntilAsync(async () => !(await own.FilesAsync()).Contains("person-leaves", StringComparison.Ordinal));
            // The next one is taken out at the latest when the node ends.
            Assert.True(await node.Users.ForgetAsync("person-stays", Token));
        }

        await UntilAsync(async () => !(await own.FilesAsync()).Contains("person-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nodes_of_another_language_a_newer_layout_and_no_Redis_are_refused_with_the_next_step()
    {
        string model = Node.WriteModel(_folder.File("model"));
        var keys = new RedisKeys(_service);
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis.Address.Configuration(s_patience));
        IDatabase database = connection.GetDatabase();
        string record = $$"""{"protocol":9,"sequor":"7.0.0","url":"http://x","modelVersion":"v","itemCount":1,"catalogue":"c","saidAt":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}},"newer":true}""";
        await database.HashSetAsync(keys.Nodes("sequor"), "10.0.0.1:5@6", record);
        await RefusedAsync("node 10.0.0.1:5@6 runs Sequor 7.0.0, whose nodes speak language 9");
        await database.HashDeleteAsync(keys.Nodes("sequor"), "10.0.0.1:5@6");
        await database.HashSetAsync(keys.Facts, "layout", 2);
        await RefusedAsync("have layout 2; this program reads layouts 1 to 1");
        InvalidInputException away = await Assert.ThrowsAsync<InvalidInputException>(() => Node.JoinAsync(RedisAddress.Parse($"redis://127.0.0.1:{RedisServer.FreePort()}"), _service, Node.Options(model)));
        Assert.Contains("cannot be used", away.Message, StringComparison.Ordinal);
        Assert.Contains("start it, or mend the address in --cluster", away.Message, StringComparison.Ordinal);

        async Task RefusedAsync(string rule) =>
            Assert.Contains(rule, (await Assert.ThrowsAsync<InvalidInputException>(() => Node.JoinAsync(redis.Address, _service, Node.Options(model)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_node_that_was_killed_over_taking_data_in_has_left_is_taken_in_anew()
    {
        string data = Server.Tests.Users.SmallData.Write(_folder.File("d.sequor"), [4, 5]);
        var keys = new RedisKeys(_service);
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(redis.Address.Configuration(s_patience));
        IDatabase database = connection.GetDatabase();
        await database.SortedSetAddAsync(keys.Users, "of other data", 1);
        await database.HashSetAsync(keys.User("of other data"), "user", 1);
        await database.ListRightPushAsync(keys.Items, "an item");
        await database.StringSetAsync(keys.Importing, "killed", TimeSpan.FromSeconds(1));
        _nodes.Add(await Node.JoinAsync(redis.Address, _service, Node.Options(Node.WriteModel(_folder.File("model")), data)));
        Assert.Equal(["u0", "u1"], (await _nodes[0].Users.SomeAsync(9, Token)).UserIds);
        Assert.Null(await _nodes[0].Users.FindAsync("of other data", Token));
        Assert.Equal("i8", (await _nodes[0].Users.FindAsync("u1", Token))!.Events[0].ItemId);
    }

    private static KeptEvent Event(int i) => new(string.Create(CultureInfo.InvariantCulture, $"i{1 + i % 100}"), 1_000_000 + i, null, null);

    private static async Task<RecommendResponse> AskAsync(Node node, string user) => (await node.Users.RecommendAsync(new RecommendRequest { UserId = user }, Token))!;

    private static Task UntilAsync(Func<bool> holds, Task? beside = null) => UntilAsync(() => Task.FromResult(holds()), beside);

    private static async Task UntilAsync(Func<Task<bool>> holds, Task? beside = null)
    {
        for (int i = 0; i < 1200; i++)
        {
            if (await holds()) return;
            if (beside is { IsFaulted: true }) await beside;
            await Task.Delay(100, Token);
        }

        Assert.Fail("it did not come to be within two minutes");
    }

    private async Task JoinAsync(int count)
    {
        string model = Directory.Exists(_folder.File("model")) ? _folder.File("model") : Node.WriteModel(_folder.File("model"));
        _nodes.AddRange(await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(() => Node.JoinAsync(redis.Address, _service, Node.Options(model))))));
    }

    private static async Task<(long Read, long Written)> TrafficAsync(RedisServer own)
    {
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(own.Address.Configuration(s_patience));
        Dictionary<string, string> stats = (await connection.GetServers()[0].InfoAsync("stats")).SelectMany(part => part).ToDictionary();
        return (long.Parse(stats["total_net_input_bytes"], CultureInfo.InvariantCulture), long.Parse(stats["total_net_output_bytes"], CultureInfo.InvariantCulture));
    }
}
