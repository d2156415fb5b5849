using System.Globalization;
using Sequor.Cli.Bench;
using Spectre.Console;

namespace Sequor.Cli.Load;

/// <summary>Tables and sentences of a load.</summary>
internal static class LoadOutput
{
    public static void Draw(Terminal terminal, LoadReport report)
    {
        Table latency = Tables.Create(">rate", ">sent", ">answered/s", ">failed", ">429", ">p50", ">p90", ">p99", ">p99.9", ">max", ">late", ">own CPU a request");
        foreach (LoadMeasurement run in report.Runs)
        {
            latency.Add(
            [
                Name(run), Tables.Count(run.Sent), run.Throughput.ToString("N1", CultureInfo.InvariantCulture),
                Tables.Count(run.Failures.Count - run.Failures.PutOff), Tables.Count(run.Failures.PutOff),
                .. LoadJson.Percents.Select(percent => BenchRun.Milliseconds(run.Latency.Percentile(percent))), BenchRun.Milliseconds(run.Latency.Most),
                Tables.Count(run.Waited + run.Overslept), BenchRun.Milliseconds(run.OwnCpu / Math.Max(1, run.Sent)),
            ]);
        }

        terminal.Draw(latency);
        if (report.Runs.Any(run => run.Encode.Count > 0))
        {
            Table parts = Tables.Create(">rate", ">queued p50", ">p99", ">encode p50", ">p99", ">search p50", ">p99", ">sent after its time p50", ">p99");
            foreach (LoadMeasurement run in report.Runs)
                parts.Add([Name(run), .. new[] { run.Queued, run.Encode, run.Search, run.Wakeup }.SelectMany(part => (string[])[BenchRun.Milliseconds(part.Percentile(50)), BenchRun.Milliseconds(part.Percentile(99))])]);
            terminal.Draw(parts);
        }

        terminal.Say(string.Create(CultureInfo.InvariantCulture, $"model {report.ModelVersion}, {report.ItemCount:N0} items; {LoadJson.NameOf(report.Settings.Kind)}, k = {report.Settings.K}"));
        foreach (LoadMeasurement run in report.Runs.Where(run => run.Retried > 0))
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{Name(run)}: {run.Retried:N0} requests were sent more than once, between second {run.Trouble.From:F1} and second {run.Trouble.Until:F1}"));
        if (report.Events is { } events)
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{events.Acknowledged:N0} events acknowledged, {events.Lost:N0} of them lost, {events.Twice:N0} applied twice"));
        if (report.Bound is { } bound)
            terminal.Say(report.BestRate is { } best
                ? string.Create(CultureInfo.InvariantCulture, $"{best:N0}/s is the highest rate with p99 within {BenchRun.Milliseconds(bound)}")
                : $"no rate was found with p99 within {BenchRun.Milliseconds(bound)}");
    }

    /// <summary>Says what a reader of the numbers must know.</summary>
    public static void Caution(Terminal terminal, LoadReport report)
    {
        foreach (LoadMeasurement run in report.Runs)
        {
            foreach ((string what, long count, string reason) in run.Failures.Kinds)
                terminal.Notice($"{Name(run)}: {Tables.Count(count)} × {what}: {reason.ReplaceLineEndings(" ")}");
            if (run.Rate is not null && run.Waited > 0.01 * run.Sent)
                terminal.Notice($"{Name(run)}: {Tables.Count(run.Waited)} of {Tables.Count(run.Sent)} requests waited for one of {run.Connections} connections: the service was behind; of the parts, encode and search still say what an answer costs");
            if (!run.KeptTime)
                terminal.Notice($"{Name(run)}: {Tables.Count(run.Overslept)} of {Tables.Count(run.Sent)} requests were sent more than 1 ms late by this program itself, which the latencies contain; give it a core or machine of its own");
        }
    }

    /// <summary>The sentence for events that are missing or a rate that was not reached; null when all is well.</summary>
    public static string? Shortfall(LoadReport report)
    {
        if (report.Events is { } events && events.Lost + events.Twice > 0)
            return string.Create(CultureInfo.InvariantCulture, $"the service lost {events.Lost:N0} of {events.Acknowledged:N0} events that it acknowledged and applied {events.Twice:N0} twice; its log may say why");
        if (report.Bound is not null || report.Runs.FirstOrDefault(run => !run.KeptRate) is not { } run) return null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Name(run)} was not reached: the requests of {run.Duration:F1} s were sent in {run.LastSend:F1} s, {run.Waited:N0} requests waited for one of {run.Connections} connections, and this program used {run.OwnCpu / run.Elapsed:F2} cores; lower --rate, or raise --connections if the service could do more");
    }

    /// <summary>The rate, or the clients.</summary>
    public static string Name(LoadMeasurement run) => run.Rate is { } rate
        ? string.Create(CultureInfo.InvariantCulture, $"{rate:0.##}/s")
        : run.Connections == 1 ? "1 client" : $"{run.Connections} clients";
}
