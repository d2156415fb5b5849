using System.Text.Json.Nodes;
using Xunit;

namespace Sequor.Cluster.Tests;

/// <summary>Nodes as processes, which are killed, ended and held.</summary>
public sealed class ServedClusterTests(RedisServer redis) : IDisposable
{
    private const int Clients = 6;

    private readonly TemporaryFolder _folder = new();
    private readonly List<ServedNode> _nodes = [];
    private readonly string _service = Guid.NewGuid().ToString("N");

    public void Dispose()
    {
        foreach (ServedNode node in _nodes) node.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nodes_that_are_killed_and_ended_under_load_lose_no_event_and_apply_none_twice()
    {
        await StartAsync(3);
        using var end = new CancellationTokenSource();
        int[] acknowledged = new int[Clients];
        // Those of the first client go to a node that stays: for it nothing may fail.
        int unanswered = 0;
        Task load = Task.WhenAll(Enumerable.Range(0, Clients).Select(c => Task.Run(async () =>
        {
            for (int i = 0, attempt = c; !end.IsCancellationRequested; i++)
            {
                // Under its id an event may be sent again, whatever became of it.
                while (await Node(attempt).AppendAsync($"client {c}", $"i{1 + i % 100}", $"{i}", 1_000_000) is not 200 and var status)
                {
                    if (c == 0) Interlocked.Increment(ref unanswered);
                    Assert.Contains(status, (int[])[0, 503]);
                    attempt++;
                    await Task.Delay(20);
                }

                acknowledged[c]++;
                (int found, JsonNode? answer) = await Node(attempt).RecommendAsync($"client {c}");
                if (found == 200) Assert.Equal(i + 1, (int)answer!["historyCount"]!);
                else if (c == 0) Interlocked.Increment(ref unanswered);
            }
        })));
        ServedNode Node(int attempt) => _nodes[attempt % Clients == 0 ? 0 : attempt % _nodes.Count];

        await MoreAsync(12);
        _nodes[1].Process.Kill();
        await MoreAsync(12);
        ServedNode restarted = await StartOneAsync();
        (ServedNode dead, _nodes[1]) = (_nodes[1], restarted);
        await MoreAsync(12);
        _nodes[2].Signal("TERM");
        await _nodes[2].Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, _nodes[2].Process.ExitCode);
        await MoreAsync(12);
        await end.CancelAsync();
        await load;
        dead.Dispose();
        Assert.Equal(0, unanswered);
        for (int c = 0; c < Clients; c++)
        {
            JsonNode history = await _nodes[0].GetAsync($"v1/users/client%20{c}/history?limit=1000");
            string[] kept = [.. history["events"]!.AsArray().Select(one => (string)one!["eventId"]!)];
            Assert.Equal(Enumerable.Range(0, acknowledged[c]).TakeLast(1000).Select(i => $"{i}"), kept);
            Assert.Equal(acknowledged[c], (int)history["count"]!);
        }

        async Task MoreAsync(int events)
        {
            int[] wanted = [.. acknowledged.Select(count => count + events)];
            while (!load.IsCompleted && acknowledged.Zip(wanted).Any(pair => pair.First < pair.Second)) await Task.Delay(20);
            if (load.IsFaulted) await load;
        }
    }

    [Fact]
    public async Task A_node_that_hangs_is_left_out_and_comes_back()
    {
        await StartAsync(3);
        for (int u = 0; u < 12; u++) Assert.Equal(200, await _nodes[0].AppendAsync($"user {u}", "i1", null, 1));
        _nodes[2].Signal("STOP");
        // Users of the node that hangs wait until it is known for dead; nothing fails.
        int[] answered = await Task.WhenAll(Enumerable.Range(0, 12).Select(u => _nodes[u % 2].AppendAsync($"user {u}", "i2", null, 2)));
        Assert.All(answered, status => Assert.Equal(200, status));
        await UntilAsync(_nodes[0], 2);
        _nodes[2].Signal("CONT");
        await UntilAsync(_nodes[0], 3);
        await UntilAsync(_nodes[2], 3);
        for (int u = 0; u < 12; u++)
        {
            (int status, JsonNode? answer) = await _nodes[2].RecommendAsync($"user {u}");
            Assert.Equal((200, 2), (status, (int)answer!["historyCount"]!));
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:6379", "must be an address such as redis://127.0.0.1:6379")]
    [InlineData("redis://127.0.0.1:6379/first", "names the database first, which must be a number")]
    [InlineData("redis://127.0.0.1:1", "Redis at 127.0.0.1:1 cannot be used")]
    public async Task An_address_without_a_Redis_ends_the_start_with_a_sentence(string address, string sentence)
    {
        string model = Tests.Node.WriteModel(_folder.File("model"));
        (int code, string error) = await ServedNode.RunAsync("serve", model, "--cluster", address, "--port", "0");
        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cluster-port goes with --cluster", "--cluster-port", "5000")]
    [InlineData("needs --advertise", "--cluster", "redis://127.0.0.1", "--host", "0.0.0.0", "--insecure")]
    [InlineData("--histories is the file of a service that stands alone", "--cluster", "redis://127.0.0.1", "--histories", "h.db")]
    [InlineData("--service-id a:b must be letters", "--cluster", "redis://127.0.0.1", "--service-id", "a:b")]
    public async Task Options_that_do_not_go_together_are_named(string sentence, params string[] options)
    {
        (int code, string error) = await ServedNode.RunAsync(["serve", Tests.Node.WriteModel(_folder.File("model")), .. options]);
        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_stands_alone_loads_nothing_of_a_cluster()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the system shows what a process has loaded in /proc");
        using ServedNode alone = await ServedNode.StartAsync(Tests.Node.WriteModel(_folder.File("model")), "--histories", _folder.File("h.db"));
        await alone.AppendAsync("ann", "i1", null, 1);
        string loaded = await File.ReadAllTextAsync($"/proc/{alone.Process.Id}/maps", TestContext.Current.CancellationToken);
        Assert.Contains("Sequor.Server.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Orleans", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("StackExchange", loaded, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(ServedNode asked, int nodes)
    {
        for (int i = 0; i < 1200; i++)
        {
            if ((await asked.GetAsync("v1/model"))["nodes"]!.AsArray().Count == nodes) return;
            await Task.Delay(100);
        }

        Assert.Fail($"{asked.Url} did not come to know {nodes} nodes within two minutes");
    }

    private async Task StartAsync(int count)
    {
        _ = redis.Address;
        Tests.Node.WriteModel(_folder.File("model"));
        _nodes.AddRange(await Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartOneAsync())));
    }

    private Task<ServedNode> StartOneAsync() => ServedNode.StartAsync(_folder.File("model"), "--cluster", $"redis://{redis.Address}", "--service-id", _service);
}
