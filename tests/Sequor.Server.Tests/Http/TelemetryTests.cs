using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Xunit;

namespace Sequor.Server.Tests.Http;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_are_there_for_Prometheus()
    {
        await using Service service = await Service.StartAsync();
        for (int i = 0; i < 3; i++) await service.AskAsync("/v1/recommend", """{"history":["i1"]}""");
        await service.AskAsync("/v1/events", """{"userId":"u","events":[{"itemId":"i1"}]}""");
        string metrics = await service.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        foreach (string name in new[]
        {
            "sequor_encode_duration_seconds_bucket", "sequor_search_duration_seconds_bucket", "sequor_batch_size_bucket", "sequor_queue_length", "sequor_requests_active", "sequor_requests_refused",
            "sequor_catalogue_coverage", "sequor_model_info", "sequor_events_appended", "http_server_request_duration_seconds_bucket", "dotnet_gc_collections",
        }) Assert.Contains(name, metrics, StringComparison.Ordinal);
        Assert.Contains("http_route=\"/v1/recommend\"", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("\"u\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_name_no_user_no_item_and_nothing_that_was_sent()
    {
        var lines = new ConcurrentQueue<string>();
        using var logs = new Lines(lines);
        await using Service service = await Service.StartAsync(configure: builder => builder.Logging.AddProvider(logs));
        const string User = "somebody-private", Item = "i77", Query = "secret-words";
        await service.AskAsync("/v1/events", $$"""{"userId":"{{User}}","events":[{"itemId":"{{Item}}"}]}""");
        await service.AskAsync("/v1/recommend", $$"""{"userId":"{{User}}"}""");
        await service.AskAsync("/v1/recommend", $$"""{"userId":"{{User}}","k":0}""");
        await service.AskAsync("/v1/recommend", $$"""{"userId":"{{User}}" "history":["{{Item}}"]""");
        await service.GetAsync($"/v1/users/{User}/history");
        await service.GetAsync($"/v1/items?query={Query}");
        await service.GetAsync($"/v1/nothing/{User}?{Query}");
        service.Users.Failure = new InvalidOperationException($"{User} broke {Item}");
        using HttpResponseMessage failed = await service.PostAsync("/v1/recommend", $$"""{"userId":"{{User}}"}""");
        JsonNode problem = await MalformedBodyTests.IsProblem(failed, (int)HttpStatusCode.InternalServerError);
        Assert.DoesNotContain("broke", problem.ToJsonString(), StringComparison.Ordinal);
        using HttpResponseMessage gone = await service.Client.DeleteAsync($"/v1/users/{User}", TestContext.Current.CancellationToken);
        string line = Assert.Single(lines);
        Assert.Contains("/v1/recommend failed: System.InvalidOperationException", line, StringComparison.Ordinal);
        Assert.Contains((string)problem["traceId"]!, line, StringComparison.Ordinal);
        foreach (string secret in new[] { User, Item, Query, "broke" }) Assert.DoesNotContain(secret, line, StringComparison.Ordinal);
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    [Fact]
    public async Task Lines_of_the_log_say_their_time_where_programs_read_them()
    {
        Assert.SkipUnless(Console.IsErrorRedirected, "lines are for people here");
        await using Service service = await Service.StartAsync();
        JsonConsoleFormatterOptions console = service.App.Services.GetRequiredService<IOptions<JsonConsoleFormatterOptions>>().Value;
        Assert.True(console.UseUtcTimestamp);
        Assert.Equal("2026-01-02T03:04:05.600Z", new DateTime(2026, 1, 2, 3, 4, 5, 600, DateTimeKind.Utc).ToString(console.TimestampFormat, CultureInfo.InvariantCulture));
    }
}
