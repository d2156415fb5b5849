using System.CommandLine;
using System.Globalization;
using ScottPlot;
using Sequor.Configuration;
using Sequor.Kernels;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench length</c>: what long histories cost, at one budget of events a step.</summary>
internal static class BenchLengthCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> config = BenchOptions.Config();
        Option<int[]> lengths = BenchOptions.Numbers("--lengths", "Events of every history.", [512, 1024, 2048, 4096]);
        Option<int?> tokens = CommonOptions.Number<int>("--tokens", "Events a step. 8192 when absent.", 1);
        Option<int?> steps = CommonOptions.Number<int>("--steps", "Steps to measure at each length. 7 when absent.", 1);
        var plot = new Option<string?>("--plot") { Description = "Draw time and memory against length into this PNG.", HelpName = "FILE" };
        Option<string[]> set = BenchOptions.Set();
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("length", """
            Measures training steps on long histories, as many of them as one budget of events allows.

            Example:
              sequor bench length configs/ml-1m/hstu-large.gin --plot length.png
            """) { config, lengths, tokens, steps, plot, set, threads, json };
        command.SetAction(line =>
        {
            ExperimentConfig experiment = BenchOptions.Load(terminal, line.GetRequiredValue(config), line.GetValue(set));
            int budget = line.GetValue(tokens) ?? 8192;
            return BenchRun.With(line.GetValue(threads), workers =>
            {
                int[] chosen = line.GetRequiredValue(lengths);
                (int Length, TrainingMeasurement Measured)[] results = ProgressBars.Show(terminal, line.GetValue(json), bars => chosen.Select((length, done) =>
                {
                    bars.Report("lengths", done, chosen.Length, $"{length} events");
                    return (length, Measure(experiment, length, budget, line.GetValue(steps) ?? 7, workers, terminal.Cancellation));
                }).ToArray());
                if (line.GetValue(json)) WriteJson(terminal, line.GetRequiredValue(config), workers, results);
                else Draw(terminal, results);
                if (line.GetValue(plot) is { } path) Plot(path, results);
                return 0;
            });
        });
        return command;
    }

    private static TrainingMeasurement Measure(ExperimentConfig experiment, int length, int tokens, int steps, WorkerPool workers, CancellationToken cancellation)
    {
        ExperimentConfig config = experiment with
        {
            Model = experiment.Model with { MaxSequenceLength = length },
            Training = experiment.Training with { BatchSize = Math.Max(1, tokens / length) },
        };
        using BenchData data = BenchData.Generate(BenchShape.OfLength(length), config.Training.BatchSize);
        return TrainingMeasurement.Run(config, data.Store, workers, steps, group: null, onStep: null, cancellation);
    }

    private static void WriteJson(Terminal terminal, string config, WorkerPool workers, (int Length, TrainingMeasurement Measured)[] results) => terminal.WriteJson(writer =>
    {
        writer.WriteString("config", config);
        BenchRun.WriteMachine(writer, workers);
        writer.WriteStartArray("lengths");
        foreach ((int length, TrainingMeasurement measured) in results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("events", length);
            writer.WriteNumber("tokens_per_step", measured.TokensPerStep);
            writer.WriteNumber("median_step_s", measured.Step.Median);
            writer.WriteNumber("gflop_per_step", measured.FlopsPerStep / 1e9);
            writer.WriteNumber("gflops", measured.Gflops);
            writer.WriteNumber("step_memory_bytes", measured.StepMemoryBytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static void Draw(Terminal terminal, (int Length, TrainingMeasurement Measured)[] results)
    {
        var table = Tables.Create(">events", ">tokens a step", ">step", ">GFLOP", ">GFLOP/s", ">memory of a step");
        foreach ((int length, TrainingMeasurement measured) in results)
        {
            table.Add(
                Tables.Count(length), Tables.Count((long)measured.TokensPerStep), BenchRun.Milliseconds(measured.Step.Median),
                (measured.FlopsPerStep / 1e9).ToString("F1", CultureInfo.InvariantCulture), measured.Gflops.ToString("F0", CultureInfo.InvariantCulture),
                Tables.Size(measured.StepMemoryBytes));
        }

        terminal.Draw(table);
    }

    private static void Plot(string path, (int Length, TrainingMeasurement Measured)[] results)
    {
        double[] lengths = [.. results.Select(result => (double)result.Length)];
        using var plot = new Plot();
        var time = plot.Add.Scatter(lengths, results.Select(result => result.Measured.Step.Median * 1e3).ToArray());
        time.LegendText = "step, ms";
        // What the step would take if all of its arithmetic went at the rate of the shortest length.
        double rate = results[0].Measured.Gflops;
        var work = plot.Add.Scatter(lengths, results.Select(result => result.Measured.FlopsPerStep / rate / 1e6).ToArray());
        work.LegendText = $"arithmetic at {rate.ToString("F0", CultureInfo.InvariantCulture)} GFLOP/s, ms";
        work.LinePattern = LinePattern.Dashed;
        var memory = plot.Add.Scatter(lengths, results.Select(result => result.Measured.StepMemoryBytes / 1048576.0).ToArray());
        memory.LegendText = "memory of a step, MiB";
        memory.Axes.YAxis = plot.Axes.Right;
        plot.Axes.SetLimitsY(0, results.Max(result => result.Measured.Step.Median) * 1.2e3, plot.Axes.Left);
        plot.Axes.SetLimitsY(0, results.Max(result => result.Measured.StepMemoryBytes) * 1.2 / 1048576, plot.Axes.Right);
        plot.Axes.Bottom.Label.Text = "events of a history";
        plot.Axes.Left.Label.Text = "ms";
        plot.Axes.Right.Label.Text = "MiB";
        plot.Title($"training steps of {Tables.Count((long)results[0].Measured.TokensPerStep)} events");
        plot.ShowLegend(Alignment.UpperLeft);
        Images.SavePng(plot, path);
    }
}
