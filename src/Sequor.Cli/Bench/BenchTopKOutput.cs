using System.Globalization;
using System.Text.Json;
using Sequor.Kernels;
using Sequor.Retrieval;
using Spectre.Console;

namespace Sequor.Cli.Bench;

/// <summary>How the comparison of methods is printed.</summary>
internal static class BenchTopKOutput
{
    public static void WriteJson(Utf8JsonWriter json, TopKReport report, WorkerPool workers)
    {
        json.WriteString("model", report.Subject);
        json.WriteNumber("items", report.ItemCount);
        json.WriteNumber("dim", report.Dim);
        json.WriteNumber("distinct_queries", report.QueryCount);
        BenchRun.WriteMachine(json, workers);
        json.WriteStartArray("methods");
        foreach (TopKMeasurement measured in report.Methods)
        {
            json.WriteStartObject();
            json.WriteString("method", measured.Method.ToString());
            json.WriteString("precision", IndexPrecisionNames.Of(measured.Precision));
            json.WriteBoolean("exact", measured.Method.IsExact);
            json.WriteNumber("build_s", measured.BuildSeconds);
            json.WriteNumber("index_bytes", measured.IndexBytes);
            json.WriteStartArray("searches");
            foreach (TopKDepth depth in measured.Depths)
                foreach (TopKSearch search in depth.Searches) WriteSearch(json, report, measured, depth, search);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Draw(Terminal terminal, TopKReport report)
    {
        IReadOnlyList<TopKSearch> batches = report.Methods[0].Depths[0].Searches;
        Table table = Tables.Create(
        [
            "method", "precision", ">k", ">recall", ">least", .. batches.Select(batch => $">{Tables.Count(batch.Queries)} {(batch.Queries == 1 ? "query" : "queries")}"),
            $">p90 of {Tables.Count(batches[0].Queries)}", ">queries/s", ">index", ">build",
        ]);
        foreach (TopKMeasurement measured in report.Methods)
            foreach (TopKDepth depth in measured.Depths)
            {
                table.Add(
                [
                    measured.Method.ToString(), IndexPrecisionNames.Of(measured.Precision), Tables.Count(depth.K), Tables.Metric(depth.MeanRecall), Tables.Metric(depth.LeastRecall),
                    .. depth.Searches.Select(search => BenchRun.Milliseconds(search.Time.Median)), BenchRun.Milliseconds(depth.Searches[0].Time.NinetiethPercentile),
                    Tables.Count((long)depth.Searches.Max(search => search.QueriesPerSecond)), Tables.Size(measured.IndexBytes), BenchRun.Milliseconds(measured.BuildSeconds),
                ]);
            }

        terminal.Draw(table);
        foreach (TopKMeasurement measured in report.Methods)
            foreach (TopKDepth depth in measured.Depths)
                if (depth.Effort is { } effort)
                    terminal.Say(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{measured.Method} {IndexPrecisionNames.Of(measured.Precision)}, k = {depth.K}: one pass sufficed for {effort.FirstPassShare:P0} of the queries; {effort.MeanCandidates:N0} items scored a query"));
        terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{report.Subject}: {report.ItemCount:N0} items, {report.QueryCount:N0} queries"));
    }

    private static void WriteSearch(Utf8JsonWriter json, TopKReport report, TopKMeasurement measured, TopKDepth depth, TopKSearch search)
    {
        json.WriteStartObject();
        json.WriteNumber("queries", search.Queries);
        json.WriteNumber("k", depth.K);
        json.WriteNumber("recall", depth.MeanRecall);
        json.WriteNumber("least_recall", depth.LeastRecall);
        json.WriteNumber("median_s", search.Time.Median);
        json.WriteNumber("p90_s", search.Time.NinetiethPercentile);
        json.WriteNumber("min_s", search.Time.Least);
        json.WriteNumber("queries_per_s", search.QueriesPerSecond);
        if (depth.Effort is { } effort)
        {
            json.WriteNumber("first_pass_sufficed", effort.FirstPassShare);
            json.WriteNumber("mean_candidates", effort.MeanCandidates);
        }

        // All of the catalogue is read once and multiplied with every query, no more and no less.
        if (measured.Method.Kind == TopKKind.MipsBruteForce)
        {
            double numbers = (double)report.ItemCount * report.Dim;
            int bytes = measured.Precision switch { IndexPrecision.Float32 => 4, IndexPrecision.BFloat16 => 2, _ => 1 };
            json.WriteNumber("index_gb_per_s", numbers * bytes / search.Time.Median / 1e9);
            json.WriteNumber("gflops", 2 * search.Queries * numbers / search.Time.Median / 1e9);
        }

        json.WriteEndObject();
    }
}
