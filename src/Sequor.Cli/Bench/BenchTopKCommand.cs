using System.CommandLine;
using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary><c>sequor bench topk</c>: searches of the whole catalogue.</summary>
internal static class BenchTopKCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<int?> items = CommonOptions.Number<int>("--items", "Catalogue size. 695762 when absent, that of Amazon Books.", 1);
        Option<int?> dim = CommonOptions.Number<int>("--dim", "Width of the vectors. 64 when absent.", 1);
        Option<int[]> batches = BenchOptions.Numbers("--batches", "Queries at a time.", [1, 128]);
        Option<int[]> k = BenchOptions.Numbers("-k", "Results a query.", [10, 200]);
        Option<int?> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("topk", """
            Measures exact top-k over a catalogue of random vectors, in float32, bfloat16 and int8; all three give the same answers.

            Example:
              sequor bench topk --items 1000000 --batches 1
            """) { items, dim, batches, k, threads, json };
        command.SetAction(line => BenchRun.With(line.GetValue(threads), workers =>
        {
            int itemCount = line.GetValue(items) ?? 695_762, width = line.GetValue(dim) ?? 64;
            using var model = new RecommenderModel(new ModelConfig { EmbeddingDim = width, Encoder = EncoderKind.SasRec, ItemL2Norm = true }, itemCount);
            model.Initialize(1);
            var results = new List<Result>();
            foreach (IndexPrecision precision in Enum.GetValues<IndexPrecision>())
            {
                using var index = new MipsBruteForce(model, workers, precision);
                foreach (int batch in line.GetRequiredValue(batches))
                    foreach (int count in line.GetRequiredValue(k))
                        results.Add(new(precision, batch, count, Measure(model, index, batch, count, workers, terminal.Cancellation)));
            }

            if (line.GetValue(json)) WriteJson(terminal, workers, model, results);
            else Draw(terminal, model, results);
            return 0;
        }));
        return command;
    }

    // Queries are what the model makes of made-up histories; which items they find depends on nothing that costs time.
    private static Samples Measure(RecommenderModel model, MipsBruteForce index, int queryCount, int k, WorkerPool workers, CancellationToken cancellation)
    {
        using var tape = new Tape(workers, differentiate: false);
        using var batch = new SequenceBatch();
        var nothing = new ExcludedItems();
        batch.Clear();
        for (int query = 0; query < queryCount; query++)
        {
            int first = 1 + (int)(7919L * query % model.ItemCount), second = 1 + (int)(104_729L * query % model.ItemCount);
            batch.Add(query, new UserSequence([first, second], [], []), 0, null);
            nothing.Add([]);
        }

        Matrix queries = LastStates.Encode(model, tape, batch);
        int[] found = new int[queryCount * k];
        float[] scores = new float[queryCount * k];
        return Samples.Of(() => index.Search(queries, nothing, k, found, scores), TimeSpan.FromSeconds(1), cancellation);
    }

    private static void WriteJson(Terminal terminal, WorkerPool workers, RecommenderModel model, List<Result> results) => terminal.WriteJson(writer =>
    {
        writer.WriteNumber("items", model.ItemCount);
        writer.WriteNumber("dim", model.Config.EmbeddingDim);
        BenchRun.WriteMachine(writer, workers);
        writer.WriteStartArray("searches");
        foreach (Result result in results)
        {
            writer.WriteStartObject();
            writer.WriteString("precision", result.Precision.ToString().ToLowerInvariant());
            writer.WriteNumber("queries", result.Queries);
            writer.WriteNumber("k", result.K);
            writer.WriteNumber("median_s", result.Time.Median);
            writer.WriteNumber("min_s", result.Time.Least);
            writer.WriteNumber("index_gb_per_s", result.BytesPerSecond(model) / 1e9);
            writer.WriteNumber("gflops", result.FlopsPerSecond(model) / 1e9);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static void Draw(Terminal terminal, RecommenderModel model, List<Result> results)
    {
        var table = Tables.Create("precision", ">queries", ">k", ">median", ">least", ">GB/s of index", ">GFLOP/s");
        foreach (Result result in results)
        {
            table.Add(
                result.Precision.ToString().ToLowerInvariant(), Tables.Count(result.Queries), Tables.Count(result.K), BenchRun.Milliseconds(result.Time.Median),
                BenchRun.Milliseconds(result.Time.Least), Tables.Count((long)(result.BytesPerSecond(model) / 1e9)), Tables.Count((long)(result.FlopsPerSecond(model) / 1e9)));
        }

        terminal.Draw(table);
    }

    private sealed record Result(IndexPrecision Precision, int Queries, int K, Samples Time)
    {
        public double BytesPerSecond(RecommenderModel model) =>
            (double)model.ItemCount * model.Config.EmbeddingDim * Precision switch { IndexPrecision.Float32 => 4, IndexPrecision.BFloat16 => 2, _ => 1 } / Time.Median;

        public double FlopsPerSecond(RecommenderModel model) => 2.0 * Queries * model.ItemCount * model.Config.EmbeddingDim / Time.Median;
    }
}
