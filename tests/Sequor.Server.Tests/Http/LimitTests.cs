using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Sequor.Server.Http;
using Sequor.Server.Models;
using Sequor.Server.Users;
using Xunit;

namespace Sequor.Server.Tests.Http;

public sealed class LimitTests
{
    private const string Ask = """{"history":["i1"]}""", AskForUser = """{"userId":"u"}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_says_that_it_is_too_large_is_refused_before_it_is_sent()
    {
        await using Service service = await Service.StartAsync();
        using var socket = await Connect(service);
        await socket.SendAsync(Header("Content-Length: 100000000"));
        string answer = await Receive(socket);
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains("must have at most 2097152 bytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_read_up_to_the_limit_only()
    {
        await using Service service = await Service.StartAsync(options => options with { LargestBody = 100_000 });
        using var socket = await Connect(service);
        await socket.SendAsync(Header("Transfer-Encoding: chunked"));
        byte[] chunk = [.. "2710\r\n"u8, .. new byte[10_000].Select(_ => (byte)' '), .. "\r\n"u8];
        Task<string> answer = Receive(socket);
        long sent = 0;
        try
        {
            for (; sent < 100_000_000 && !answer.IsCompleted; sent += chunk.Length) await socket.SendAsync(chunk);
        }
        catch (SocketException)
        {
            // The service has closed the connection.
        }

        Assert.StartsWith("HTTP/1.1 413 ", await answer, StringComparison.Ordinal);
        Assert.True(sent < 50_000_000, $"{sent} bytes were taken");
    }

    [Fact]
    public async Task Slow_senders_keep_nobody_from_being_answered_and_are_cut_off()
    {
        await using Service service = await Service.StartAsync(options => options with { MostRequests = 2, RequestTimeout = TimeSpan.FromSeconds(2) });
        Socket[] slow = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Connect(service)));
        foreach (Socket socket in slow) await socket.SendAsync(Header("Content-Length: 1000"));
        Task<string>[] ends = [.. slow.Select(Receive)];
        while (!ends.All(end => end.IsCompleted))
        {
            foreach (Socket socket in slow)
            {
                try
                {
                    await socket.SendAsync(" "u8.ToArray());
                }
                catch (SocketException)
                {
                    // Cut off.
                }
            }

            using HttpResponseMessage answer = await service.PostAsync("/v1/recommend", Ask);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await Task.Delay(50, Cancellation);
        }

        foreach (string end in await Task.WhenAll(ends)) Assert.StartsWith("HTTP/1.1 408 ", end, StringComparison.Ordinal);
        foreach (Socket socket in slow) socket.Dispose();
    }

    [Fact]
    public async Task Slow_readers_keep_nobody_from_being_answered_and_are_cut_off()
    {
        await using Service service = await Service.StartAsync(options => options with { MostRequests = 2, RequestTimeout = TimeSpan.FromSeconds(1) });
        string letters = new('x', 500);
        var events = new JsonArray([.. Enumerable.Range(0, 1000).Select(i => new JsonObject { ["itemId"] = $"{i}{letters}", ["eventId"] = $"{i}{letters}" })]);
        await service.AskAsync("/v1/events", new JsonObject { ["userId"] = "u", ["events"] = events }.ToJsonString());
        // More than the buffers of the system hold.
        const int Asked = 40;
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /v1/users/u/history?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n", Asked)));
        var slow = new List<Socket>();
        var state = service.App.Services.GetRequiredService<ServiceState>();
        for (int i = 0; i < 3; i++)
        {
            Socket socket = await Connect(service);
            slow.Add(socket);
            await socket.SendAsync(requests);
            // Answers end, though nobody reads them.
            while (socket.Available == 0 || state.UnderWay > 0) await Task.Delay(1, Cancellation);
        }

        using (HttpResponseMessage answer = await service.PostAsync("/v1/recommend", Ask)) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Task.Delay(2500, Cancellation);
        foreach (Socket socket in slow)
        {
            string read = await Receive(socket);
            Assert.True(read.Length < Asked * 1_000_000L, $"{read.Length} bytes came");
            socket.Dispose();
        }
    }

    [Fact]
    public async Task A_history_is_shown_up_to_a_thousand_events()
    {
        await using Service service = await Service.StartAsync();
        using HttpResponseMessage refused = await service.Client.GetAsync("/v1/users/u/history?limit=1001", Cancellation);
        await MalformedBodyTests.IsProblem(refused, 422);
    }

    [Fact]
    public async Task More_requests_than_allowed_are_told_to_come_back()
    {
        await using Service service = await Service.StartAsync(options => options with { MostRequests = 2 });
        await service.AskAsync("/v1/events", """{"userId":"u","events":[{"itemId":"i1"}]}""");
        var gate = new TaskCompletionSource();
        service.Users.Gate = gate.Task;
        Task<HttpResponseMessage>[] under = [service.PostAsync("/v1/recommend", AskForUser), service.PostAsync("/v1/recommend", AskForUser)];
        var state = service.App.Services.GetRequiredService<ServiceState>();
        while (state.UnderWay < 2) await Task.Delay(1, Cancellation);
        using HttpResponseMessage refused = await service.PostAsync("/v1/recommend", Ask);
        await MalformedBodyTests.IsProblem(refused, 429);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        using HttpResponseMessage health = await service.Client.GetAsync("/health/ready", Cancellation);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        gate.SetResult();
        foreach (Task<HttpResponseMessage> answer in under) Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.PostAsync("/v1/recommend", Ask)).StatusCode);
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_given_up()
    {
        await using Service service = await Service.StartAsync(options => options with { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        service.Users.Gate = new TaskCompletionSource().Task;
        using HttpResponseMessage answer = await service.PostAsync("/v1/recommend", AskForUser);
        await MalformedBodyTests.IsProblem(answer, 503);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_service_that_ends_says_so_and_finishes_what_is_under_way()
    {
        await using Service service = await Service.StartAsync();
        await service.AskAsync("/v1/events", """{"userId":"u","events":[{"itemId":"i1"}]}""");
        var gate = new TaskCompletionSource();
        service.Users.Gate = gate.Task;
        Task<HttpResponseMessage> under = service.PostAsync("/v1/recommend", AskForUser);
        var state = service.App.Services.GetRequiredService<ServiceState>();
        while (state.UnderWay == 0) await Task.Delay(1, Cancellation);
        Task end = service.App.StopAsync(Cancellation);
        JsonNode ready;
        while ((string?)(ready = await service.GetAsync("/health/ready"))["status"] == "ready") await Task.Delay(1, Cancellation);
        Assert.Equal("draining", (string?)ready["status"]);
        using HttpResponseMessage late = await service.PostAsync("/v1/recommend", Ask);
        await MalformedBodyTests.IsProblem(late, 503);
        Assert.False(end.IsCompleted);
        gate.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await under).StatusCode);
        await end;
    }

    [Fact]
    public async Task A_service_listens_while_it_loads_and_says_that_it_does()
    {
        using var folder = new TemporaryFolder();
        SmallModel.Write(folder.File("model"));
        var gate = new TaskCompletionSource();
        await using var app = SequorServer.Create(
            new ServerOptions { ModelDirectory = folder.File("model"), HistoriesPath = folder.File("histories.db"), Port = 0 },
            builder => builder.Services.AddSingleton<IUsers>(provider =>
            {
                gate.Task.Wait();
                return new MemoryUsers(provider.GetRequiredService<Lazy<ModelHost>>());
            }));
        Task start = app.StartAsync(Cancellation);
        while (app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.All(address => address.EndsWith(":0", StringComparison.Ordinal)))
            await Task.Delay(1, Cancellation);
        using var client = new HttpClient { BaseAddress = SequorServer.Address(app) };
        using HttpResponseMessage live = await client.GetAsync("/health/live", Cancellation), ready = await client.GetAsync("/health/ready", Cancellation), model = await client.GetAsync("/v1/model", Cancellation);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("loading", (string?)(await Service.ReadAsync(ready))["status"]);
        await MalformedBodyTests.IsProblem(model, 503);
        gate.SetResult();
        await start;
        using HttpResponseMessage now = await client.GetAsync("/v1/model", Cancellation);
        Assert.Equal(HttpStatusCode.OK, now.StatusCode);
        await app.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_ends_the_start()
    {
        using var folder = new TemporaryFolder();
        await using var app = SequorServer.Create(new ServerOptions { ModelDirectory = folder.File("none"), HistoriesPath = folder.File("histories.db"), Port = 0 });
        await Assert.ThrowsAsync<InvalidInputException>(() => app.StartAsync(Cancellation));
    }

    [Fact]
    public async Task Bodies_of_all_requests_together_take_a_bounded_memory_and_give_it_back()
    {
        await using Service service = await Service.StartAsync();
        var budget = service.App.Services.GetRequiredService<BodyBudget>();
        Assert.True(budget.TryTake(budget.Size - 20));
        Assert.Equal(HttpStatusCode.OK, (await service.PostAsync("/v1/recommend", Ask)).StatusCode);
        using (HttpResponseMessage refused = await service.PostAsync("/v1/recommend", Ask + new string(' ', 1000)))
        {
            await MalformedBodyTests.IsProblem(refused, 429);
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        }

        Assert.True(budget.TryTake(20));
        Assert.False(budget.TryTake(1));
        budget.Return(budget.Size);
        Assert.Equal(HttpStatusCode.OK, (await service.PostAsync("/v1/recommend", Ask + new string(' ', 1000))).StatusCode);
        // All of it is there again when the answer has been sent.
        while (!budget.TryTake(budget.Size)) await Task.Delay(1, Cancellation);
    }

    [Theory]
    [InlineData("/zz/../v1/users/a%2Fb", 400)]
    [InlineData("/zz/%2e%2E/v1/users/a%2Fb", 400)]
    [InlineData("/v1/./users/a%2Fb", 400)]
    [InlineData("http://localhost/zz/../v1/users/a%2Fb", 400)]
    [InlineData("http://localhost/v1/users/a%2Fb", 400)]
    [InlineData("http://localhost/v1/users/users", 204)]
    [InlineData("/v1/users/a%2Fb", 204)]
    public async Task A_user_is_forgotten_by_an_address_that_is_routed_as_it_stands(string target, int status)
    {
        await using Service service = await Service.StartAsync();
        foreach (string user in new[] { "v1", "a/b", "users", "localhost" }) await service.AskAsync("/v1/events", $$"""{"userId":"{{user}}","events":[{"itemId":"i1"}]}""");
        using var socket = await Connect(service);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"DELETE {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        Assert.StartsWith($"HTTP/1.1 {status} ", await Receive(socket), StringComparison.Ordinal);
        Assert.Equal(status == 204 ? 3 : 4, (int)(await service.GetAsync("/v1/users"))["count"]!);
    }

    [Theory]
    [InlineData("""{"userId":"..","events":[{"itemId":"i1"}]}""", "userId")]
    [InlineData("""{"userId":"u","events":[{"itemId":"."}]}""", "events[0].itemId")]
    public async Task Ids_that_no_address_can_name_are_not_kept(string body, string field)
    {
        await using Service service = await Service.StartAsync();
        using HttpResponseMessage refused = await service.PostAsync("/v1/events", body);
        Assert.Equal(field, (string?)(await MalformedBodyTests.IsProblem(refused, 422))["errors"]![0]!["field"]);
    }

    [Theory]
    [InlineData("/v1/events", """{"userId":"u","events":[{"itemId":"i1","timestamp":1700000000000}]}""", "must be seconds since 1970, at most a day ahead; these look like milliseconds")]
    [InlineData("/v1/events", """{"userId":"u","events":[{"itemId":"i1","timestamp":9000000000}]}""", "must be seconds since 1970, at most a day ahead; now is ")]
    public async Task Refusals_name_the_rule_and_what_was_likely_meant(string address, string body, string rule)
    {
        await using Service service = await Service.StartAsync();
        Assert.StartsWith(rule, (string?)(await service.AskAsync(address, body))["errors"]![0]!["rule"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/v1/model", 200)]
    [InlineData("/v1/users/nobody/history", 404)]
    [InlineData("/v1/recommend", 405)]
    public async Task Head_is_answered_like_get_without_the_body(string address, int status)
    {
        await using Service service = await Service.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, address);
        using HttpResponseMessage head = await service.Client.SendAsync(request, Cancellation), get = await service.Client.GetAsync(address, Cancellation);
        Assert.Equal(status, (int)head.StatusCode);
        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task Events_without_a_time_get_that_of_the_clock_of_the_service()
    {
        await using Service service = await Service.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(new StoppedClock()));
        await service.AskAsync("/v1/events", """{"userId":"u","events":[{"itemId":"i1"}]}""");
        Assert.Equal(StoppedClock.Seconds, (long)(await service.GetAsync("/v1/users/u/history"))["events"]![0]!["timestamp"]!);
    }

    private sealed class StoppedClock : TimeProvider
    {
        public const long Seconds = 1_000_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Seconds);
    }

    private static async Task<Socket> Connect(Service service)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, service.Client.BaseAddress!.Port), Cancellation);
        return socket;
    }

    private static byte[] Header(string length) =>
        Encoding.ASCII.GetBytes($"POST /v1/recommend HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{length}\r\n\r\n");

    // Up to the end of the connection.
    private static async Task<string> Receive(Socket socket)
    {
        var answer = new StringBuilder();
        byte[] buffer = new byte[4096];
        try
        {
            for (int count; (count = await socket.ReceiveAsync(buffer, Cancellation)) > 0;) answer.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (SocketException)
        {
            // A reset ends it too.
        }

        return answer.ToString();
    }
}
