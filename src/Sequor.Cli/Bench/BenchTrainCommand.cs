using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sequor.Configuration;
using Sequor.Kernels;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench train</c>: whole training steps.</summary>
internal static class BenchTrainCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> config = BenchOptions.Config();
        Option<string?> shape = BenchOptions.Shape(), data = BenchOptions.Data();
        Option<int?> steps = CommonOptions.Number<int>("--steps", "Steps to measure, after three that warm up. 15 when absent.", 1);
        Option<string[]> set = BenchOptions.Set();
        Option<int?> threads = CommonOptions.Threads();
        Option<int?> ranks = RankSession.Workers(), patience = RankSession.Patience();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("train", """
            Measures whole training steps: batch, forward, loss, backward, optimizer.

            Example:
              sequor bench train configs/amzn-books/hstu.gin --steps 15 --json
              sequor bench train configs/ml-1m/hstu.gin --workers 2
            """) { config, shape, data, steps, set, threads, ranks, patience, json };
        BenchOptions.RefuseBoth(command, shape, data);
        command.SetAction(line => RankSession.Run(terminal, line, ranks, patience, (own, group) =>
        {
            ExperimentConfig experiment = BenchOptions.Load(own, line.GetRequiredValue(config), line.GetValue(set));
            using BenchData bench = BenchData.Open(line.GetValue(data), line.GetValue(shape), experiment);
            int count = line.GetValue(steps) ?? 15;
            return BenchRun.With(RankSession.Threads(line.GetValue(threads), group), workers =>
            {
                MachinePeak peak = MachinePeak.Measure(workers);
                TrainingMeasurement measured = ProgressBars.Show(own, line.GetValue(json), bars => TrainingMeasurement.Run(
                    experiment, bench.Store, workers, count, group, done => bars.Report("steps", done, count), own.Cancellation));
                if (line.GetValue(json)) own.WriteJson(writer => WriteJson(writer, line.GetRequiredValue(config), bench, workers, peak, measured, count));
                else Draw(own, bench, workers, peak, measured);
                return 0;
            });
        }));
        return command;
    }

    private static void WriteJson(
        Utf8JsonWriter json, string config, BenchData bench, WorkerPool workers, MachinePeak peak, TrainingMeasurement measured, int steps)
    {
        json.WriteString("config", config);
        json.WriteString("data", bench.Name);
        json.WriteNumber("items", bench.Store.Items.Count);
        BenchRun.WriteMachine(json, workers);
        json.WriteNumber("steps", steps);
        json.WriteNumber("median_step_s", measured.Step.Median);
        json.WriteNumber("min_step_s", measured.Step.Least);
        json.WriteNumber("max_step_s", measured.Step.Most);
        json.WriteNumber("tokens_per_step", measured.TokensPerStep);
        json.WriteNumber("tokens_per_s", measured.TokensPerSecond);
        json.WriteNumber("gflops", measured.Gflops);
        json.WriteNumber("peak_gflops", peak.Gflops);
        json.WriteNumber("share_of_peak_gflops", measured.Gflops / peak.Gflops);
        json.WriteNumber("gb_per_s", measured.BytesPerSecond / 1e9);
        json.WriteNumber("peak_gb_per_s", peak.BytesPerSecond / 1e9);
        json.WriteNumber("share_of_peak_bandwidth", measured.BytesPerSecond / peak.BytesPerSecond);
        json.WriteStartObject("phases_s");
        foreach ((string name, double seconds) in measured.Phases) json.WriteNumber(name, seconds);
        json.WriteEndObject();
        if (measured.Ranks is { } ranks)
        {
            json.WriteNumber("ranks", ranks.Count);
            json.WriteNumber("given_bytes_per_step", ranks.GivenBytes);
            json.WriteNumber("exchange_busy_s", ranks.BusySeconds);
            json.WriteNumber("exchange_wait_s", ranks.WaitSeconds);
            json.WriteNumber("fetch_s", ranks.FetchSeconds);
        }

        json.WriteNumber("allocated_bytes_per_step", measured.AllocatedBytesPerStep);
        json.WriteNumber("rss_bytes_first_step", measured.ResidentBytesAtFirst);
        json.WriteNumber("rss_bytes_last_step", measured.ResidentBytesAtLast);
        json.WriteNumber("peak_rss_bytes", measured.PeakResidentBytes);
        json.WriteNumber("last_loss", measured.LastLoss);
    }

    private static void Draw(Terminal terminal, BenchData bench, WorkerPool workers, MachinePeak peak, TrainingMeasurement measured)
    {
        string phases = string.Join("   ", measured.Phases.Select(phase => $"{phase.Name} {BenchRun.Milliseconds(phase.Seconds)}"));
        (string, string)[] ranks = measured.Ranks is not { } exchange ? [] :
        [
            ("ranks", string.Create(CultureInfo.InvariantCulture, $"{exchange.Count}; each gives {Tables.Size((long)exchange.GivenBytes)} a step, {BenchRun.Milliseconds(exchange.BusySeconds)} on the way, {exchange.Overlap:P0} of it beside the computation")),
        ];
        terminal.Draw(Tables.Facts(
        [
            ("data", $"{bench.Name}, {Tables.Count(bench.Store.Items.Count)} items"),
            ("machine", $"{Simd.Name}, {workers.ThreadCount} threads"),
            ("step", $"{BenchRun.Milliseconds(measured.Step.Median)} median, {BenchRun.Milliseconds(measured.Step.Least)} to {BenchRun.Milliseconds(measured.Step.Most)}"),
            ("tokens", $"{Tables.Count((long)measured.TokensPerStep)} a step, {Tables.Count((long)measured.TokensPerSecond)} a second"),
            ("arithmetic", Share(measured.Gflops, peak.Gflops, "GFLOP/s")),
            ("table memory", Share(measured.BytesPerSecond / 1e9, peak.BytesPerSecond / 1e9, "GB/s")),
            ("phases", phases),
            .. ranks,
            ("allocated", $"{Tables.Count((long)measured.AllocatedBytesPerStep)} bytes a step"),
            ("memory", $"{Tables.Size(measured.ResidentBytesAtFirst)} at the first step, {Tables.Size(measured.ResidentBytesAtLast)} at the last, {Tables.Size(measured.PeakResidentBytes)} at most"),
        ]));
    }

    private static string Share(double value, double peak, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value:F1} {unit}, {value / peak:P0} of the measured peak of {peak:F0}");
}
