using System.CommandLine;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench topk</c>: what each way to search a catalogue finds, and what it costs.</summary>
internal static class BenchTopKCommand
{
    private const string DefaultShape = "dot-64";

    public static Command Create(Terminal terminal)
    {
        var model = new Option<string?>("--model") { Description = "A run that `sequor train` wrote, or one of its models, in place of a made-up one.", HelpName = "RUN|MODEL" };
        var data = new Option<string?>("--data") { Description = "Its store, whose users ask; without it pairs of random items do.", HelpName = "STORE" };
        var shape = new Option<string?>("--shape")
        {
            Description = $"A made-up model: dot product (dot-64) or mixture of logits (mol-8x4x64: 8 query and 4 item components of 64). {DefaultShape} when absent.",
            HelpName = "SHAPE",
        };
        Option<int?> items = CommonOptions.Number<int>("--items", "Made-up catalogue size. 695762 for a dot product, that of Amazon Books, and 100000 for a mixture when absent.", 1);
        var method = new Option<string[]>("--method")
        {
            Description = $"A way to search, such as {TopKMethods.Examples}; may be repeated. All that fit the model, with several parameters, when absent.",
            HelpName = "NAME",
        };
        var precision = new Option<string[]>("--precision")
        {
            Description = "What scans of vectors read; may be repeated. Those that suit each method when absent.",
            HelpName = string.Join('|', IndexPrecisionNames.All),
        };
        precision.AcceptOnlyFromAmong([.. IndexPrecisionNames.All]);
        Option<int[]> k = BenchOptions.Numbers("-k", "Results a query.", [10, 100]), batches = BenchOptions.Numbers("--batches", "Queries at a time.", [1, 128]);
        Option<int?> queries = CommonOptions.Number<int>("--queries", "Different queries to ask. 128 when absent.", 1);
        Option<int?> seed = CommonOptions.Number<int>("--seed", "Where made-up models and queries begin. 1 when absent.", 0);
        var plot = new Option<string?>("--plot") { Description = "Draw recall against latency into this PNG.", HelpName = "FILE" };
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("topk", """
            Measures searches of a catalogue: recall against brute force, latency, throughput, memory.

            Examples:
              sequor bench topk --items 1000000 --batches 1
              sequor bench topk --shape mol-8x4x64 --plot topk.png
              sequor bench topk --model runs/mol --data ml-1m.sequor --method MoLExactTopK --method MoLAvgTopK200
            """) { model, data, shape, items, method, precision, k, batches, queries, seed, plot, threads, json };
        command.Validators.Add(line =>
        {
            bool trained = line.GetValue(model) is not null;
            if (trained && line.GetValue(shape) is not null) line.AddError("--model and --shape exclude each other");
            if (trained && line.GetValue(items) is not null) line.AddError("--items is for made-up models; leave it out with --model");
            if (!trained && line.GetValue(data) is not null) line.AddError("--data goes with --model; add --model RUN or leave it out");
        });
        command.SetAction(line => BenchRun.With(line.GetValue(threads), workers =>
        {
            TopKMethod[] named = [.. line.GetValue(method)!.Select(TopKMethods.Parse)];
            TopKShape made = TopKShape.Parse(line.GetValue(shape) ?? DefaultShape);
            int itemCount = line.GetValue(items) ?? made.DefaultItemCount, queryCount = line.GetValue(queries) ?? 128;
            ulong start = (ulong)(line.GetValue(seed) ?? 1);
            if (line.GetValue(plot) is { } target) OutputFile.RequireReplaceable(target);
            int[] depths = line.GetRequiredValue(k);
            TopKReport report = ProgressBars.Show(terminal, line.GetValue(json), bars =>
            {
                bars.Report("model", 0, null);
                using TopKSubject subject = line.GetValue(model) is { } path
                    ? TopKSubject.OfArtifact(path, line.GetValue(data), queryCount, start, workers, terminal)
                    : TopKSubject.OfShape(made, itemCount, queryCount, start, workers);
                IReadOnlyList<(TopKMethod Method, IndexPrecision Precision)> plan = TopKMethods.Plan(subject.Model, named, line.GetValue(precision)!);
                var truth = TopKTruth.Find(subject.Model, subject.Queries, depths.Max(), workers, terminal.Cancellation);
                var measured = new List<TopKMeasurement>();
                foreach ((TopKMethod way, IndexPrecision reads) in plan)
                {
                    bars.Report("methods", measured.Count, plan.Count, way.ToString());
                    measured.Add(TopKMeasurement.Run(
                        subject.Model, way, reads, truth, subject.Queries, depths, line.GetRequiredValue(batches), workers, terminal.Cancellation));
                }

                return new TopKReport(subject.Name, subject.Model.ItemCount, subject.Model.Config.EmbeddingDim, subject.Queries.Count, measured);
            });
            if (line.GetValue(json)) terminal.WriteJson(writer => BenchTopKOutput.WriteJson(writer, report, workers));
            else BenchTopKOutput.Draw(terminal, report);
            if (line.GetValue(plot) is { } picture) Images.SavePng(BenchTopKPlot.Draw(report), picture);
            return 0;
        }));
        return command;
    }
}
