using System.Globalization;
using System.Text.Json;

namespace Sequor.Cli.Load;

/// <summary>A load as JSON; times in milliseconds.</summary>
internal static class LoadJson
{
    /// <summary>Percentiles of latencies that are reported.</summary>
    public static double[] Percents { get; } = [50, 90, 99, 99.9];

    public static void Write(Utf8JsonWriter json, LoadReport report)
    {
        json.WriteString("service", report.Settings.Service.ToString());
        json.WriteString("model_version", report.ModelVersion);
        json.WriteNumber("items", report.ItemCount);
        json.WriteString("kind", NameOf(report.Settings.Kind));
        json.WriteNumber("k", report.Settings.K);
        json.WriteNumber("seed", report.Settings.Seed);
        json.WriteStartArray("runs");
        foreach (LoadMeasurement run in report.Runs) WriteRun(json, run);
        json.WriteEndArray();
        if (report.Events is { } events)
        {
            json.WriteNumber("events_acknowledged", events.Acknowledged);
            json.WriteNumber("events_lost", events.Lost);
            json.WriteNumber("events_twice", events.Twice);
        }

        if (report.Bound is not { } bound) return;
        json.WriteNumber("p99_bound_ms", bound * 1e3);
        if (report.BestRate is { } best) json.WriteNumber("best_rate", best);
        else json.WriteNull("best_rate");
    }

    /// <summary>The kind as the command line has it.</summary>
    public static string NameOf(LoadKind kind) => kind switch
    {
        LoadKind.History => "history",
        LoadKind.User => "user",
        LoadKind.Events => "events",
        _ => "mix",
    };

    private static void WriteRun(Utf8JsonWriter json, LoadMeasurement run)
    {
        json.WriteStartObject();
        if (run.Rate is { } rate) json.WriteNumber("rate", rate);
        else json.WriteNumber("clients", run.Connections);
        json.WriteNumber("connections", run.Connections);
        json.WriteNumber("duration_s", run.Duration);
        json.WriteNumber("elapsed_s", Math.Round(run.Elapsed, 3));
        json.WriteNumber("sent", run.Sent);
        json.WriteNumber("answered", run.Answered);
        json.WriteNumber("answered_per_s", Math.Round(run.Throughput, 2));
        json.WriteStartArray("failures");
        foreach ((string what, long count, string reason) in run.Failures.Kinds)
        {
            json.WriteStartObject();
            json.WriteString("what", what);
            json.WriteNumber("count", count);
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("put_off", run.Failures.PutOff);
        json.WriteNumber("retried", run.Retried);
        if (run.Retried > 0)
        {
            json.WriteNumber("retried_from_s", Math.Round(run.Trouble.From, 3));
            json.WriteNumber("retried_until_s", Math.Round(run.Trouble.Until, 3));
        }

        json.WriteBoolean("kept_rate", run.KeptRate);
        json.WriteNumber("late_no_connection", run.Waited);
        json.WriteNumber("late_generator", run.Overslept);
        json.WriteNumber("own_cpu_s", Math.Round(run.OwnCpu, 3));
        json.WriteNumber("own_cores", Math.Round(run.OwnCpu / run.Elapsed, 3));
        Write(json, "latency_ms", run.Latency);
        Write(json, "sent_after_its_time_ms", run.Wakeup);
        Write(json, "queued_ms", run.Queued);
        Write(json, "encode_ms", run.Encode);
        Write(json, "search_ms", run.Search);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Latencies times)
    {
        if (times.Count == 0) return;
        json.WriteStartObject(name);
        foreach (double percent in Percents) json.WriteNumber($"p{percent.ToString(CultureInfo.InvariantCulture)}", Math.Round(times.Percentile(percent) * 1e3, 4));
        json.WriteNumber("max", Math.Round(times.Most * 1e3, 4));
        json.WriteEndObject();
    }
}
