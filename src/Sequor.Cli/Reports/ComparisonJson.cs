using System.Text.Json;
using Sequor.Evaluation.Statistics;

namespace Sequor.Cli.Reports;

/// <summary>A comparison as members of a JSON object.</summary>
internal static class ComparisonJson
{
    public static void Write(Utf8JsonWriter json, Comparison comparison)
    {
        json.WriteString("data", comparison.Data.Name);
        json.WriteString("fingerprint", comparison.Data.Fingerprint);
        json.WriteString("protocol", comparison.Data.Protocol);
        json.WriteString("split", "test");
        json.WriteNumber("users", comparison.Data.UserCount);
        json.WriteNumber("items", comparison.Data.ItemCount);
        json.WriteNumber("resamples", comparison.Options.Resamples);
        json.WriteNumber("seed", comparison.Options.Seed);
        json.WriteNumber("confidence", 0.95);
        json.WriteString("test", "paired randomization over users, two-sided; Holm over the pairs of a metric");
        json.WriteStartArray("runs");
        for (int run = 0; run < comparison.Runs.Count; run++) WriteRun(json, comparison, run);
        json.WriteEndArray();
        json.WriteStartObject("popularity");
        WriteMetrics(json, comparison.Metrics[^1]);
        json.WriteEndObject();
        json.WriteStartArray("pairs");
        foreach (RunPair pair in comparison.Pairs)
        {
            json.WriteStartObject();
            json.WriteString("first", comparison.Runs[pair.First].Name);
            json.WriteString("second", comparison.Runs[pair.Second].Name);
            for (int metric = 0; metric < RunMetric.All.Count; metric++) WritePair(json, RunMetric.All[metric].Name, pair.Metrics[metric]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (string warning in ComparisonWords.Warnings(comparison)) json.WriteStringValue(warning);
        json.WriteEndArray();
    }

    private static void WriteRun(Utf8JsonWriter json, Comparison comparison, int number)
    {
        ComparedRun run = comparison.Runs[number];
        json.WriteStartObject();
        json.WriteString("name", run.Name);
        json.WriteString("path", run.Path);
        json.WriteNumber("epoch", run.Manifest.Epoch);
        json.WriteNumber("parameters", run.Parameters);
        WriteMetrics(json, comparison.Metrics[number]);
        CatalogueUse use = comparison.Uses[number];
        json.WriteNumber("coverage@10", use.Coverage);
        json.WriteNumber("noveltyBits@10", use.Novelty);
        json.WriteNumber("popularity@10", use.Popularity);
        json.WriteNumber("tailShare@10", use.TailShare);
        json.WriteStartArray("byHistory");
        foreach (UserGroup group in comparison.ByHistory) WriteGroup(json, group, number);
        json.WriteEndArray();
        json.WriteStartArray("byPopularity");
        foreach (UserGroup group in comparison.ByPopularity) WriteGroup(json, group, number);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMetrics(Utf8JsonWriter json, IReadOnlyList<Estimate> metrics)
    {
        json.WriteStartObject("metrics");
        for (int metric = 0; metric < RunMetric.All.Count; metric++) WriteEstimate(json, RunMetric.All[metric].Name, metrics[metric]);
        json.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter json, UserGroup group, int run)
    {
        json.WriteStartObject();
        json.WriteString("users", group.Name);
        json.WriteNumber("count", group.UserCount);
        WriteEstimate(json, RunMetric.All[0].Name, group.Runs[run]);
        json.WriteEndObject();
    }

    private static void WritePair(Utf8JsonWriter json, string name, PairResult result)
    {
        json.WriteStartObject(name);
        WriteNumbers(json, result.Difference);
        json.WriteNumber("p", result.PValue);
        json.WriteNumber("pHolm", result.Adjusted);
        json.WriteEndObject();
    }

    private static void WriteEstimate(Utf8JsonWriter json, string name, Estimate estimate)
    {
        json.WriteStartObject(name);
        WriteNumbers(json, estimate);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, Estimate estimate)
    {
        json.WriteNumber("mean", estimate.Mean);
        json.WriteNumber("low", estimate.Low);
        json.WriteNumber("high", estimate.High);
    }
}
