using System.Text.Json;
using Sequor.Evaluation;
using Spectre.Console;

namespace Sequor.Cli;

/// <summary>Evaluation reports as a table and as JSON, metrics in the order of the reference's log.</summary>
internal static class ReportOutput
{
    private static readonly string[] Order =
    [
        "hr@1", "hr@10", "hr@50", "hr@100", "hr@200", "hr@500", "hr@1000", "ndcg@1", "ndcg@10", "ndcg@50", "ndcg@100", "ndcg@200", "mrr",
    ];

    /// <summary>A table with a column for each report.</summary>
    public static Table Table(params ReadOnlySpan<(string Heading, EvaluationReport Report)> reports)
    {
        Table table = Tables.Create(["metric", .. reports.ToArray().Select(report => ">" + report.Heading)]);
        Dictionary<string, double>[] metrics = [.. reports.ToArray().Select(report => ByName(report.Report))];
        foreach (string name in Names(metrics[0]))
        {
            table.Add([name, .. metrics.Select(values => values.TryGetValue(name, out double value) ? Tables.Metric(value) : "")]);
        }

        return table;
    }

    /// <summary>What a report says beside its metrics.</summary>
    public static string Caption(EvaluationReport report) =>
        $"{Tables.Count(report.UserCount)} users against {Tables.Count(report.ItemCount)} items, {report.Protocol} protocol, {report.Split} split, epoch {report.Epoch}"
        + (report.TopKMethod is { } method ? $", {method}" : "")
        + (report.SkippedUserCount == 0 ? "" : $"; {Tables.Count(report.SkippedUserCount)} users without history were left out");

    /// <summary>Adds a report to the JSON object that is open.</summary>
    public static void WriteJson(Utf8JsonWriter json, EvaluationReport report)
    {
        json.WriteString("protocol", report.Protocol);
        json.WriteString("split", report.Split);
        json.WriteString("fingerprint", report.Fingerprint);
        json.WriteNumber("epoch", report.Epoch);
        json.WriteNumber("users", report.UserCount);
        json.WriteNumber("skippedUsers", report.SkippedUserCount);
        json.WriteNumber("items", report.ItemCount);
        if (report.TopKMethod is { } method) json.WriteString("topKMethod", method);
        WriteMetrics(json, report);
    }

    /// <summary>Adds the metrics alone to the JSON object that is open.</summary>
    public static void WriteMetrics(Utf8JsonWriter json, EvaluationReport report)
    {
        Dictionary<string, double> metrics = ByName(report);
        foreach (string name in Names(metrics)) WriteNumber(json, name, metrics[name]);
    }

    /// <summary>Writes a number, or null for what JSON cannot hold.</summary>
    public static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static Dictionary<string, double> ByName(EvaluationReport report) =>
        report.Metrics.ToDictionary(metric => metric.Key.ToLowerInvariant(), metric => metric.Value, StringComparer.Ordinal);

    private static IEnumerable<string> Names(Dictionary<string, double> metrics) =>
        Order.Where(metrics.ContainsKey).Concat(metrics.Keys.Except(Order).Order(StringComparer.Ordinal));
}
