using System.Globalization;
using System.Text;

namespace Sequor.Cli.Reports;

/// <summary>A comparison as one HTML page that needs nothing else: no network, no scripts.</summary>
internal static class ReportPage
{
    private const string StyleName = "Reports/report.css";

    /// <summary>The page in UTF-8.</summary>
    public static byte[] Write(Comparison comparison, DateTimeOffset time, string? note)
    {
        string title = comparison.Runs.Count == 1 ? $"{comparison.Runs[0].Name} on {comparison.Data.Name}" : $"{comparison.Data.Name}: {comparison.Runs.Count} runs compared";
        Markup page = Markup.Of($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
            <meta name="color-scheme" content="light dark"/><link rel="icon" href="data:,"/><title>{title}</title>
            <style>
            {Style()}</style></head><body>
            {Header(comparison, title, note)}
            <main>
            {ReportResults.Metrics(comparison)}
            {ReportResults.Pairs(comparison)}
            {ReportCurves.Section(comparison)}
            {ReportUsers.Groups(comparison)}
            {ReportUsers.Lists(comparison)}
            {ReportExamples.Section(comparison)}
            {ReportOrigin.Settings(comparison)}
            {ReportOrigin.Runs(comparison, time)}
            {ReportMethod.Section(comparison)}
            </main></body></html>

            """);
        return Encoding.UTF8.GetBytes(page.Html);
    }

    private static Markup Header(Comparison comparison, string title, string? note)
    {
        DataFacts data = comparison.Data;
        string[] verdict = [.. ComparisonWords.Verdict(comparison)];
        return Markup.Of($"""
            <header><p class="kind">Sequor report</p><h1>{title}</h1>
            <p class="lead"><strong>{verdict[0]}</strong> {string.Join(' ', verdict.Skip(1))}</p>
            <p class="facts">{data.UserCount:N0} users, {data.ItemCount:N0} items, {data.InteractionCount:N0} events. The last event of every user is predicted and ranked among the whole catalogue ({data.Protocol} protocol).</p>
            {(note is null ? Markup.Empty : Markup.Of($"<p class=\"remark\">{note}</p>"))}
            {Markup.Join(ComparisonWords.Warnings(comparison).Select(warning => Markup.Of($"""<p class="warning">Note: {warning}.</p>""")))}
            <div class="cards">{Markup.Join(comparison.Ranking.Select((run, place) => Card(comparison, run, place)))}</div>
            <nav aria-label="Sections">{Markup.Join(Sections(comparison).Select(section => Markup.Of($"<a href=\"#{section.Id}\">{section.Name}</a> ")))}</nav></header>
            """);
    }

    private static IEnumerable<(string Id, string Name)> Sections(Comparison comparison)
    {
        yield return ("metrics", "Metrics");
        if (comparison.Pairs.Count > 0) yield return ("differences", "Differences");
        if (comparison.Runs.Any(run => run.Record.Epochs.Count > 0)) yield return ("curves", "Learning curves");
        yield return ("users", "Users");
        yield return ("lists", "Recommendations");
        if (comparison.Examples.Count > 0) yield return ("examples", "Examples");
        yield return ("settings", "Settings");
        yield return ("origin", "Origin");
        yield return ("method", "Method");
    }

    private static Markup Card(Comparison comparison, int number, int place)
    {
        ComparedRun run = comparison.Runs[number];
        var ndcg = comparison.Metrics[number][0];
        string size = run.Parameters >= 1_000_000 ? (run.Parameters / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " M" : Tables.Count(run.Parameters);
        return Markup.Of($"""
            <div class="card{(place == 0 && comparison.Runs.Count > 1 ? " best" : "")}"><p class="name">{RunColor.Chip(number, run.Name)}</p><p class="big">{ndcg.Mean:F4}</p>
            <p class="small">NDCG@10, {ndcg.Low:F4} to {ndcg.High:F4}</p><p class="small">{run.Architecture}<br/>{size} parameters</p></div>
            """);
    }

    private static Markup Style()
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream(StyleName)!;
        using var reader = new StreamReader(stream);
        return new Markup(reader.ReadToEnd());
    }
}
