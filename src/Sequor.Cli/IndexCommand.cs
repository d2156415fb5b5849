using System.CommandLine;
using System.Diagnostics;
using Sequor.Artifacts;
using Sequor.Kernels;
using Sequor.Retrieval;
using Sequor.Serving;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor index</c>: chooses how a model's catalogue is searched and makes the choice a part of the model.</summary>
internal static class IndexCommand
{

    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("RUN|MODEL") { Description = "A run that `sequor train` wrote, or one of its models." };
        Option<TopKMethod?> topK = CommonOptions.TopK();
        var precision = new Option<string>("--precision")
        {
            Description = "What scans of vectors read: less memory, the same answers. float32 when absent.",
            HelpName = string.Join('|', IndexPrecisionNames.All),
            DefaultValueFactory = _ => IndexPrecisionNames.All[0],
        };
        precision.AcceptOnlyFromAmong([.. IndexPrecisionNames.All]);
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("index", """
            Builds an index of a model's items and makes it the model's default; serving and recommending then search by it.

            Examples:
              sequor index runs/hstu --precision int8
              sequor index runs/mol --top-k-method MoLAvgTopK200
            """) { model, topK, precision, threads, json };
        command.SetAction(line =>
        {
            var reads = Enum.Parse<IndexPrecision>(line.GetValue(precision)!, ignoreCase: true);
            return Run(terminal, RunDirectory.FindModel(line.GetRequiredValue(model)), line.GetValue(topK), reads, line.GetValue(threads), line.GetValue(json));
        });
        return command;
    }

    private static int Run(Terminal terminal, string directory, TopKMethod? topK, IndexPrecision precision, int? threads, bool json)
    {
        using ModelArtifact artifact = ModelArtifact.Load(directory);
        // Not the index that the model has: that is what this command changes.
        TopKMethod method = topK ?? artifact.Configuration.TopK ?? TopKIndex.Default(artifact.Model);
        WorkerPool workers = CommonOptions.Workers(threads);
        try
        {
            long began = Stopwatch.GetTimestamp();
            using ITopKIndex index = ProgressBars.Show(terminal, json, bars =>
            {
                bars.Report("build the index", 0, null);
                return TopKIndex.Create(artifact.Model, method, workers, precision);
            });
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            terminal.Cancellation.ThrowIfCancellationRequested();
            ArtifactManifest manifest = ArtifactIndex.Save(directory, artifact, index, precision);
            if (json) WriteJson(terminal, directory, manifest, index, took);
            else Draw(terminal, directory, manifest, index, took);
            return 0;
        }
        finally
        {
            if (threads is not null) workers.Dispose();
        }
    }

    private static void Draw(Terminal terminal, string directory, ArtifactManifest manifest, ITopKIndex index, TimeSpan took)
    {
        terminal.Draw(Tables.Facts(
            ("method", manifest.Indices[0].Method),
            ("precision", manifest.Indices[0].Precision),
            ("items", Tables.Count(index.ItemCount)),
            ("memory", Tables.Size(index.MemoryBytes)),
            ("built in", Tables.Duration(took)),
            ("others", manifest.Indices.Count == 1 ? "none" : string.Join(", ", manifest.Indices.Skip(1).Select(other => $"{other.Method} {other.Precision}"))),
            ("file", Path.Combine(directory, manifest.Indices[0].File))));
    }

    private static void WriteJson(Terminal terminal, string directory, ArtifactManifest manifest, ITopKIndex index, TimeSpan took) => terminal.WriteJson(json =>
    {
        json.WriteString("model", directory);
        json.WriteString("method", manifest.Indices[0].Method);
        json.WriteString("precision", manifest.Indices[0].Precision);
        json.WriteNumber("items", index.ItemCount);
        json.WriteNumber("memoryBytes", index.MemoryBytes);
        json.WriteNumber("buildSeconds", took.TotalSeconds);
        json.WriteString("file", manifest.Indices[0].File);
        json.WriteStartArray("others");
        foreach (ArtifactIndexEntry other in manifest.Indices.Skip(1)) json.WriteStringValue($"{other.Method} {other.Precision}");
        json.WriteEndArray();
    });
}
