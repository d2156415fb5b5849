using System.Globalization;
using Sequor.Evaluation.Statistics;

namespace Sequor.Cli.Reports;

/// <summary>A comparison as tables on the terminal.</summary>
internal static class ComparisonTables
{
    private const int ShownPairMetrics = 2;

    public static void Draw(Terminal terminal, Comparison comparison)
    {
        var metrics = Tables.Create(["metric", .. comparison.Runs.Select(run => ">" + run.Name), ">most popular"]);
        for (int metric = 0; metric < RunMetric.All.Count; metric++)
            metrics.Add([RunMetric.All[metric].Name, .. comparison.Metrics.Select(run => Interval(run[metric]))]);
        terminal.Draw(metrics);
        if (comparison.Pairs.Count > 0)
        {
            string[] headings = [.. RunMetric.All.Take(ShownPairMetrics).SelectMany(metric => (string[])[$">{metric.Name}", ">p", ">p, Holm"])];
            var pairs = Tables.Create(["difference", .. headings]);
            foreach (RunPair pair in comparison.Pairs)
                pairs.Add([$"{comparison.Runs[pair.First].Name} − {comparison.Runs[pair.Second].Name}", .. pair.Metrics.Take(ShownPairMetrics).SelectMany(Cells)]);
            terminal.Draw(pairs);
        }

        foreach (string sentence in ComparisonWords.Verdict(comparison)) terminal.Say(sentence);
        terminal.Say(ComparisonWords.Method(comparison));
        foreach (string sentence in ComparisonWords.Warnings(comparison)) terminal.Notice(sentence);
    }

    private static string[] Cells(PairResult result) =>
        [Difference(result.Difference), ComparisonWords.PValue(result.PValue), ComparisonWords.PValue(result.Adjusted) + (result.IsSignificant ? " *" : "  ")];

    private static string Interval(Estimate estimate) =>
        string.Create(CultureInfo.InvariantCulture, $"{estimate.Mean:F4} [{estimate.Low:F4}, {estimate.High:F4}]");

    private static string Difference(Estimate estimate) =>
        string.Create(CultureInfo.InvariantCulture, $"{estimate.Mean:+0.0000;−0.0000} [{estimate.Low:+0.0000;−0.0000}, {estimate.High:+0.0000;−0.0000}]");
}
