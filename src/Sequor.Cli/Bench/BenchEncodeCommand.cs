using System.CommandLine;
using System.Globalization;
using Sequor.Configuration;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench encode</c>: one history to one query vector, as a service does for a request.</summary>
internal static class BenchEncodeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> config = BenchOptions.Config();
        Option<int[]> lengths = BenchOptions.Numbers("--lengths", "Events of the history.", [50, 200, 1000]);
        var append = new Option<bool>("--append") { Description = "Also measure one more event behind a key/value cache of the others, in turns with the whole history." };
        Option<string[]> set = BenchOptions.Set();
        Option<int?> threads = CommonOptions.Number<int>("--threads", "Threads to compute with. 1 when absent: a service has a request a core.", 1);
        Option<bool> json = CommonOptions.Json();
        var command = new Command("encode", """
            Measures the encoder on one user's history, for the query vector that a request needs.

            Example:
              sequor bench encode configs/ml-1m/hstu-large.gin --lengths 50,200 --append
            """) { config, lengths, append, set, threads, json };
        command.SetAction(line =>
        {
            ExperimentConfig experiment = BenchOptions.Load(terminal, line.GetRequiredValue(config), line.GetValue(set));
            return BenchRun.With(line.GetValue(threads) ?? 1, workers =>
            {
                bool appends = line.GetValue(append);
                EncodeMeasurement[] results = [.. line.GetRequiredValue(lengths).Select(length => EncodeMeasurement.Of(experiment.Model, length, appends, workers, terminal.Cancellation))];
                if (line.GetValue(json))
                {
                    terminal.WriteJson(writer =>
                    {
                        writer.WriteString("config", line.GetRequiredValue(config));
                        BenchRun.WriteMachine(writer, workers);
                        writer.WriteStartArray("encodes");
                        foreach (EncodeMeasurement result in results)
                        {
                            writer.WriteStartObject();
                            writer.WriteNumber("events", result.Length);
                            writer.WriteNumber("median_s", result.Whole.Median);
                            writer.WriteNumber("min_s", result.Whole.Least);
                            if (result.Append is { } one)
                            {
                                writer.WriteNumber("append_median_s", one.Median);
                                writer.WriteNumber("append_min_s", one.Least);
                                writer.WriteNumber("ratio", result.Ratio);
                                writer.WriteNumber("cache_bytes", result.CacheBytes);
                            }

                            writer.WriteEndObject();
                        }

                        writer.WriteEndArray();
                    });
                }
                else
                {
                    var table = Tables.Create([">events", ">median", ">least", .. (string[])(appends ? [">append", ">ratio"] : [])]);
                    foreach (EncodeMeasurement result in results)
                        table.Add([
                            result.Length.ToString(CultureInfo.InvariantCulture), BenchRun.Milliseconds(result.Whole.Median), BenchRun.Milliseconds(result.Whole.Least),
                            .. (string[])(result.Append is { } one ? [BenchRun.Milliseconds(one.Median), string.Create(CultureInfo.InvariantCulture, $"{result.Ratio:F1}x")] : [])]);
                    terminal.Draw(table);
                }

                return 0;
            });
        });
        return command;
    }
}
