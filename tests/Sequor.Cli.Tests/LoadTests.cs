using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sequor.Cli.Load;
using Sequor.Data;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class LoadTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string store;

    public LoadTests() => store = Tool.Store(folder);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_stall_is_charged_to_all_who_would_have_come_and_a_lone_client_hides_it()
    {
        JsonElement open, closed;
        using (StandIn stalling = Stalling()) open = Load(stalling, "--rate", "100", "--duration", "2").GetProperty("latency_ms");
        using (StandIn stalling = Stalling()) closed = Load(stalling, "--clients", "1", "--duration", "2").GetProperty("latency_ms");
        Assert.InRange(open.GetProperty("p90").GetDouble(), 100, 10_000);
        Assert.InRange(closed.GetProperty("max").GetDouble(), 450, 10_000);
        Assert.InRange(closed.GetProperty("p90").GetDouble(), 0, open.GetProperty("p90").GetDouble());

        // From the hundredth request on, everyone waits until the same moment half a second later.
        static StandIn Stalling()
        {
            var stall = new TaskCompletionSource();
            return new StandIn(async (number, context) =>
            {
                if (number == 100)
                {
                    await Task.Delay(500, context.RequestAborted);
                    stall.SetResult();
                }

                if (number > 100) await stall.Task.WaitAsync(context.RequestAborted);
                await StandIn.WriteAsync(context);
            });
        }
    }

    [Fact]
    public void What_the_service_says_of_its_time_and_refusals_are_told_apart()
    {
        using var service = new StandIn((number, context) =>
        {
            if (number % 4 == 0) return Problem(context, 429, "too many requests");
            return number % 10 == 1 ? Problem(context, 400, "history[0].itemId is not known") : StandIn.WriteAsync(context);
        });
        JsonElement run = Load(service, "--rate", "200", "--duration", "0.5");
        int sent = run.GetProperty("sent").GetInt32(), putOff = run.GetProperty("put_off").GetInt32();
        Assert.Equal(service.Bodies.Count, sent);
        Assert.Equal(sent / 4, putOff);
        Dictionary<string, (int Count, string Reason)> failures = run.GetProperty("failures").EnumerateArray().ToDictionary(
            failure => failure.GetProperty("what").GetString()!, failure => (failure.GetProperty("count").GetInt32(), failure.GetProperty("reason").GetString()!));
        Assert.Equal((putOff, "too many requests"), failures["429"]);
        Assert.Equal((Enumerable.Range(1, sent).Count(number => number % 4 != 0 && number % 10 == 1), "history[0].itemId is not known"), failures["400"]);
        Assert.Equal(sent, run.GetProperty("answered").GetInt32() + failures.Values.Sum(failure => failure.Count));
        // Three digits count.
        Assert.Equal(1.5, run.GetProperty("encode_ms").GetProperty("p99").GetDouble(), 0.005);
        Assert.Equal(0.5, run.GetProperty("search_ms").GetProperty("p50").GetDouble(), 0.005);
        Assert.Equal(0.25, run.GetProperty("queued_ms").GetProperty("max").GetDouble(), 0.005);

        static Task Problem(HttpContext context, int status, string detail)
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsJsonAsync(new { title = "refused", detail }, context.RequestAborted);
        }
    }

    [Fact]
    public void Answers_that_do_not_come_and_connections_that_break_are_failures_with_a_name()
    {
        using var service = new StandIn(async (number, context) =>
        {
            if (number % 5 == 0) context.Abort();
            else if (number % 5 == 1) await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            else await StandIn.WriteAsync(context);
        });
        JsonElement run = Load(service, "--rate", "100", "--duration", "0.5", "--timeout", "300ms");
        string[] what = [.. run.GetProperty("failures").EnumerateArray().Select(failure => failure.GetProperty("what").GetString()!).Order(StringComparer.Ordinal)];
        Assert.Equal(["lost", "timeout"], what);
    }

    [Fact]
    public void A_seed_fixes_users_cuts_and_their_number()
    {
        using StandIn service = StandIn.Quick();
        string[] Bodies(string seed)
        {
            service.Bodies.Clear();
            Load(service, "--rate", "300", "--duration", "0.4", "--seed", seed);
            return [.. service.Bodies.Select(body => body.Body.GetRawText()).Order(StringComparer.Ordinal)];
        }

        string[] first = Bodies("3");
        Assert.Equal(first, Bodies("3"));
        Assert.NotEqual(first, Bodies("4"));
    }

    [Fact]
    public void Histories_are_the_newest_events_before_a_cut_and_the_question_comes_with_the_next()
    {
        using StandIn service = StandIn.Quick();
        Load(service, "--rate", "300", "--duration", "0.4", "--k", "7");
        using var data = SequenceStore.Open(store);
        var windows = new HashSet<string>();
        for (int user = 0; user < data.UserCount; user++)
        {
            UserSequence all = data[user];
            for (int cut = 1; cut <= all.Length; cut++)
            {
                var events = new List<string>();
                for (int i = Math.Max(0, cut - StandIn.Model.MaxSequenceLength); i < cut; i++) events.Add($"{data.Items.Id(all.Items[i])}@{all.Timestamps[i]}");
                windows.Add($"{string.Join(' ', events)} at {all.Timestamps[Math.Min(cut, all.Length - 1)]}");
            }
        }

        Assert.NotEmpty(service.Bodies);
        foreach ((string what, JsonElement body) in service.Bodies)
        {
            Assert.Equal("recommend", what);
            Assert.Equal(7, body.GetProperty("k").GetInt32());
            IEnumerable<string> events = body.GetProperty("history").EnumerateArray().Select(one => $"{one.GetProperty("itemId").GetString()}@{one.GetProperty("timestamp").GetInt64()}");
            Assert.Contains($"{string.Join(' ', events)} at {body.GetProperty("at").GetInt64()}", windows);
        }
    }

    [Fact]
    public void Events_have_names_of_their_own_and_their_users_ask()
    {
        using StandIn service = StandIn.Quick();
        Load(service, "--kind", "events", "--append-share", "0.5", "--rate", "300", "--duration", "0.5");
        Load(service, "--kind", "events", "--append-share", "0.5", "--rate", "300", "--duration", "0.5");
        JsonElement[] events = [.. service.Bodies.Where(body => body.What == "events").Select(body => body.Body)];
        Assert.True(events.Length > 20);
        Assert.Equal(events.Length, events.Select(body => body.GetProperty("events")[0].GetProperty("eventId").GetString()).Distinct().Count());
        HashSet<string> users = [.. events.Select(body => body.GetProperty("userId").GetString()!)];
        JsonElement[] asked = [.. service.Bodies.Where(body => body.What == "recommend").Select(body => body.Body)];
        // Before the first event someone else may ask.
        Assert.InRange(asked.Count(body => !users.Contains(body.GetProperty("userId").GetString()!)), 0, asked.Length / 5);
    }

    [Fact]
    public void Gaps_are_those_of_a_Poisson_process()
    {
        using var data = SequenceStore.Open(store);
        Arrival[] arrivals = Schedule.Poisson(data, Settings(), rate: 1000, seconds: 20);
        double[] gaps = [.. arrivals.Zip(arrivals.Skip(1), (one, other) => other.Due - one.Due)];
        double mean = gaps.Average(), deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        Assert.Equal(20_000, arrivals.Length, 500.0);
        Assert.Equal(1, deviation / mean, 0.03);
        Assert.Equal(Math.Exp(-1), gaps.Count(gap => gap > mean) / (double)gaps.Length, 0.02);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2000)]
    public void The_highest_rate_within_a_bound_is_found_from_either_side(double first)
    {
        const double Capacity = 730;
        (IReadOnlyList<LoadMeasurement> measured, double? best) = RateSearch.Run(first, bound: 0.01, rate =>
        {
            var run = new LoadMeasurement { Rate = rate, Connections = 1, Duration = 1, Elapsed = 1 };
            run.Add(0, true, 0, rate > Capacity ? 0.1 : 0.001, new LoadClient.Answer(200, 0, null, ""), "{}"u8);
            return run;
        });
        Assert.InRange(best!.Value, Capacity / 1.06, Capacity);
        Assert.InRange(measured.Count, 2, 12);
    }

    [Fact]
    public void People_get_tables_and_a_picture()
    {
        using StandIn service = StandIn.Quick();
        string picture = folder.File("latency.png");
        Tool run = Tool.Run("load", service.Url, "--data", store, "--rates", "50,100", "--duration", "0.4", "--warmup", "0.1", "--out", picture);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("p99.9", run.Output, StringComparison.Ordinal);
        Assert.Contains("100/s", run.Output, StringComparison.Ordinal);
        Assert.Contains("model abc, 60 items; history, k = 10", run.Output, StringComparison.Ordinal);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(picture)[..4]);
    }

    [Fact]
    public void A_rate_that_the_service_cannot_reach_is_a_failure()
    {
        using var slow = new StandIn(async (_, context) =>
        {
            await Task.Delay(100, context.RequestAborted);
            await StandIn.WriteAsync(context);
        });
        Tool run = Tool.Run("load", slow.Url, "--data", store, "--rate", "100", "--duration", "1", "--warmup", "0", "--connections", "2");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("100/s was not reached", run.Error, StringComparison.Ordinal);
        Assert.Contains("waited for one of 2 connections", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interruption_ends_the_run()
    {
        using StandIn service = StandIn.Quick();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(130, Tool.RunUntil(["load", service.Url, "--data", store, "--duration", "600"], soon.Token).ExitCode);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 60);
    }

    [Fact]
    public void Health_is_an_exit_code()
    {
        string url;
        using (StandIn service = StandIn.Quick())
        {
            url = service.Url;
            Assert.Equal("ready\n", Tool.Run("health", url).Output);
            Assert.Contains("answers 404", Tool.Refused("health", url + "/elsewhere"), StringComparison.Ordinal);
        }

        Assert.Contains("/health/ready does not answer", Tool.Refused("health", url), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_is_refused_in_a_sentence()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int free = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Assert.Contains($"http://127.0.0.1:{free}/ does not answer: Connection refused", Tool.Refused("load", $"http://127.0.0.1:{free}", "--data", store), StringComparison.Ordinal);
        Assert.Contains("is not a web address", Tool.Refused("load", "localhost", "--data", store), StringComparison.Ordinal);
        Assert.Contains("--rate and --rates exclude each other", Tool.Refused("load", "http://x", "--data", store, "--rate", "1", "--rates", "1,2"), StringComparison.Ordinal);
        Assert.Contains("--clients wait for their answers", Tool.Refused("load", "http://x", "--data", store, "--rate", "1", "--clients", "1"), StringComparison.Ordinal);
        Assert.Contains("--max-p99 8 must be a time such as 8ms", Tool.Refused("load", "http://x", "--data", store, "--max-p99", "8"), StringComparison.Ordinal);
        Assert.Contains("--rates 1,x must be numbers", Tool.Refused("load", "http://x", "--data", store, "--rates", "1,x"), StringComparison.Ordinal);
        Assert.Contains("--kind all must be history, user, events or mix", Tool.Refused("load", "http://x", "--data", store, "--kind", "all"), StringComparison.Ordinal);
    }

    private JsonElement Load(StandIn service, params string[] more)
    {
        string[] command = ["load", service.Url, "--data", store, "--warmup", "0", .. more];
        return Tool.Json(command).GetProperty("runs")[0];
    }

    private static LoadSettings Settings() => new()
    {
        Service = new Uri("http://127.0.0.1"),
        Kind = LoadKind.History,
        K = 10,
        AppendShare = 0.2,
        HistoryLength = null,
        Duration = 1,
        Warmup = 0,
        Connections = null,
        Timeout = TimeSpan.FromSeconds(1),
        Seed = 1,
        ApiKey = null,
    };
}
