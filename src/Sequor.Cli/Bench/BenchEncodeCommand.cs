using System.CommandLine;
using System.Globalization;
using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench encode</c>: one history to one query vector, as a service does for a request.</summary>
internal static class BenchEncodeCommand
{
    private const int ItemCount = 3_883;

    public static Command Create(Terminal terminal)
    {
        Argument<string> config = BenchOptions.Config();
        Option<int[]> lengths = BenchOptions.Numbers("--lengths", "Events of the history.", [50, 200, 1000]);
        Option<string[]> set = BenchOptions.Set();
        Option<int?> threads = CommonOptions.Number<int>("--threads", "Threads to compute with. 1 when absent: a service has a request a core.", 1);
        Option<bool> json = CommonOptions.Json();
        var command = new Command("encode", """
            Measures the encoder on one user's history, for the query vector that a request needs.

            Example:
              sequor bench encode configs/ml-1m/hstu-large.gin --lengths 50,200
            """) { config, lengths, set, threads, json };
        command.SetAction(line =>
        {
            ExperimentConfig experiment = BenchOptions.Load(terminal, line.GetRequiredValue(config), line.GetValue(set));
            return BenchRun.With(line.GetValue(threads) ?? 1, workers =>
            {
                (int Length, Samples Time)[] results = [.. line.GetRequiredValue(lengths).Select(length => (length, Measure(experiment.Model, length, workers, terminal.Cancellation)))];
                if (line.GetValue(json))
                {
                    terminal.WriteJson(writer =>
                    {
                        writer.WriteString("config", line.GetRequiredValue(config));
                        BenchRun.WriteMachine(writer, workers);
                        writer.WriteStartArray("encodes");
                        foreach ((int length, Samples time) in results)
                        {
                            writer.WriteStartObject();
                            writer.WriteNumber("events", length);
                            writer.WriteNumber("median_s", time.Median);
                            writer.WriteNumber("min_s", time.Least);
                            writer.WriteEndObject();
                        }

                        writer.WriteEndArray();
                    });
                }
                else
                {
                    var table = Tables.Create(">events", ">median", ">least");
                    foreach ((int length, Samples time) in results)
                        table.Add(length.ToString(CultureInfo.InvariantCulture), BenchRun.Milliseconds(time.Median), BenchRun.Milliseconds(time.Least));
                    terminal.Draw(table);
                }

                return 0;
            });
        });
        return command;
    }

    private static Samples Measure(ModelConfig config, int length, WorkerPool workers, CancellationToken cancellation)
    {
        using var model = new RecommenderModel(config with { MaxSequenceLength = Math.Max(length, config.MaxSequenceLength) }, ItemCount);
        model.Initialize(1);
        int[] items = new int[length];
        // The least rating has a row in every rating table.
        float[] ratings = new float[length];
        long[] times = new long[length];
        for (int i = 0; i < length; i++) (items[i], times[i]) = (1 + (i * 7919 % ItemCount), 1_000_000_000 + (3_600L * i));
        using var tape = new Tape(workers, differentiate: false);
        using var batch = new SequenceBatch();
        return Samples.Of(() =>
        {
            batch.Clear();
            batch.Add(0, new UserSequence(items, ratings, times), 0, times[^1]);
            LastStates.Encode(model, tape, batch);
        }, TimeSpan.FromSeconds(1), cancellation);
    }
}
