using System.CommandLine;
using Sequor.Data;
using Sequor.Server.Contracts;

namespace Sequor.Cli.Load;

/// <summary><c>sequor load</c>: how fast a service answers, at which rate.</summary>
internal static class LoadCommand
{
    private const double DefaultRate = 200;
    private const int UntimedRequests = 20_000;

    public static Command Create(Terminal terminal)
    {
        var service = new Argument<string[]>("URL") { Description = "Address of the service, such as http://127.0.0.1:8080; of a cluster those of its nodes, which are asked in turn.", Arity = ArgumentArity.OneOrMore };
        Option<string> data = CommonOptions.Data();
        Option<double?> rate = LoadOptions.Number("--rate", "Requests a second, at random times that do not wait for answers. 200 when absent.", 0.1, 100_000);
        Option<double[]> rates = LoadOptions.Rates();
        Option<int?> clients = CommonOptions.Number<int>("--clients", "So many clients instead, each of which asks again when it has its answer.", 1);
        Option<double?> bound = LoadOptions.Time("--max-p99", "Find the highest rate at which 99 % are answered within this time, such as 8ms; begins with --rate.");
        Option<double?> duration = LoadOptions.Number("--duration", "Seconds a rate. 30 when absent.", 0.1, 86_400, "SECONDS");
        Option<double?> warmup = LoadOptions.Number("--warmup", "Seconds before them that do not count. 5 when absent.", 0, 3600, "SECONDS");
        Option<LoadKind?> kind = LoadOptions.Kind();
        Option<double?> share = LoadOptions.Number("--append-share", "Share of requests that bring an event, with events and mix. 0.2 when absent.", 0, 1, "SHARE");
        Option<int?> length = CommonOptions.Number<int>("--history-length", "Newest events of a history that are sent. As many as the model looks at when absent.", 1);
        Option<int?> k = CommonOptions.Number<int>("--k", "Results wanted. 10 when absent.", 1);
        Option<int?> connections = CommonOptions.Number<int>("--connections", "Connections at most. For half a second of requests when absent, 16 to 256.", 1);
        Option<double?> timeout = LoadOptions.Time("--timeout", "Time that an answer may take. 10s when absent.");
        Option<double?> retry = LoadOptions.Time("--retry", "Send a request again, to one address after the other, while it is answered 503 or not at all, for so long. Never when absent.");
        var verify = new Option<bool>("--verify") { Description = "Look afterwards whether each event that was acknowledged is there, and once; with events and mix." };
        Option<int?> seed = CommonOptions.Number<int>("--seed", "Where the draws begin. 1 when absent.", 0);
        var key = new Option<string?>("--api-key") { Description = "Key to send; the environment variable SEQUOR_API_KEY when absent.", HelpName = "KEY" };
        var plot = new Option<string?>("--out") { Description = "Draw latencies by percentile into this PNG.", HelpName = "FILE" };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("load", """
            Measures a service under load: latencies from the scheduled time of each request, whatever the service does meanwhile.

            Examples:
              sequor load http://127.0.0.1:8080 --data ml-1m.sequor
              sequor load http://127.0.0.1:8080 --data ml-1m.sequor --kind mix --rates 100,200,400 --out latency.png
              sequor load http://127.0.0.1:8080 --data ml-1m.sequor --max-p99 8ms
              sequor load http://10.0.0.11:8080 http://10.0.0.12:8080 --data ml-1m.sequor --kind mix --retry 10s --verify
            """) { service, data, rate, rates, clients, bound, duration, warmup, kind, share, length, k, connections, timeout, retry, verify, seed, key, plot, json };
        command.Validators.Add(line =>
        {
            bool closed = line.GetResult(clients) is not null, several = line.GetResult(rates) is not null;
            if (line.GetResult(rate) is not null && several) line.AddError("--rate and --rates exclude each other");
            if (closed && (several || line.GetResult(rate) is not null)) line.AddError("--clients wait for their answers and have no --rate");
            if (closed && line.GetResult(connections) is not null) line.AddError("--clients have a connection each; leave out --connections");
            if (line.GetValue(verify) && line.GetValue(kind) is not (LoadKind.Events or LoadKind.Mix)) line.AddError("--verify looks for events; add --kind events or --kind mix");
            if (line.GetResult(bound) is not null && (closed || several)) line.AddError("--max-p99 finds the rate; leave out --rates and --clients");
        });
        command.SetAction(line =>
        {
            var settings = new LoadSettings
            {
                Service = LoadOptions.Service(line.GetRequiredValue(service)[0]),
                Nodes = [.. line.GetRequiredValue(service).Skip(1).Select(LoadOptions.Service)],
                Retry = TimeSpan.FromSeconds(line.GetValue(retry) ?? 0),
                Verify = line.GetValue(verify),
                Kind = line.GetValue(kind) ?? LoadKind.History,
                K = line.GetValue(k) ?? 10,
                AppendShare = line.GetValue(share) ?? 0.2,
                HistoryLength = line.GetValue(length),
                Duration = line.GetValue(duration) ?? 30,
                Warmup = line.GetValue(warmup) ?? 5,
                Connections = line.GetValue(connections),
                Timeout = TimeSpan.FromSeconds(line.GetValue(timeout) ?? 10),
                Seed = line.GetValue(seed) ?? 1,
                ApiKey = line.GetValue(key) ?? Environment.GetEnvironmentVariable("SEQUOR_API_KEY"),
            };
            if (line.GetValue(plot) is { } target) OutputFile.RequireReplaceable(target);
            using var store = SequenceStore.Open(line.GetRequiredValue(data));
            if (store.InteractionCount == 0) throw new InvalidInputException($"{store.Path} has no events, so nobody can ask; give the store that the model learned from");
            LoadReport report = ProgressBars.Show(terminal, line.GetValue(json), bars => Measure(
                terminal, settings, store, line.GetValue(rates) is { Length: > 0 } several ? several : [line.GetValue(rate) ?? DefaultRate], line.GetValue(clients), line.GetValue(bound), bars));
            if (line.GetValue(json)) terminal.WriteJson(writer => LoadJson.Write(writer, report));
            else LoadOutput.Draw(terminal, report);
            LoadOutput.Caution(terminal, report);
            if (line.GetValue(plot) is { } picture) Images.SavePng(LoadPlot.Draw(report), picture);
            return LoadOutput.Shortfall(report) is { } sentence ? throw new InvalidInputException(sentence) : 0;
        });
        return command;
    }

    private static LoadReport Measure(Terminal terminal, LoadSettings settings, SequenceStore store, double[] rates, int? clients, double? bound, ProgressBars bars)
    {
        using var client = new LoadClient(settings);
        ModelResponse model = client.Model();
        var bodies = new RequestBodies(store, settings, model);
        EventLedger? ledger = settings.Verify ? new EventLedger() : null;
        double end = settings.Warmup + settings.Duration;
        Action<double> Progress(string name) => seconds => bars.Report(name, (long)(seconds * 10), (long)(end * 10), seconds < settings.Warmup ? "warm-up" : "");
        LoadMeasurement AtRate(double rate) =>
            LoadRun.Open(client, bodies, ledger, Schedule.Poisson(store, settings, rate, end), settings, rate, Progress($"{rate:0.##}/s"), terminal.Cancellation);
        LoadReport Report(IReadOnlyList<LoadMeasurement> runs, double? best) => new(settings, model.Version, model.ItemCount, runs, bound, best) { Events = ledger?.Check(client, store) };
        if (clients is { } count)
        {
            Arrival[] requests = Schedule.Untimed(store, settings, UntimedRequests);
            return Report([LoadRun.Closed(client, bodies, ledger, requests, settings, count, Progress($"{count} clients"), terminal.Cancellation)], null);
        }

        if (bound is not { } longest) return Report([.. rates.Select(AtRate)], null);
        (IReadOnlyList<LoadMeasurement> measured, double? best) = RateSearch.Run(rates[0], longest, AtRate);
        return Report(measured, best);
    }
}
