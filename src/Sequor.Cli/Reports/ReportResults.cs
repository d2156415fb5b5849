using Sequor.Evaluation.Statistics;

namespace Sequor.Cli.Reports;

/// <summary>The metrics of the runs and how they differ.</summary>
internal static class ReportResults
{
    private const int ShownPairMetrics = 3;

    public static Markup Metrics(Comparison comparison)
    {
        int[] ranking = [.. comparison.Ranking];
        IEnumerable<Markup> rows = ranking.Select(run => Row(RunColor.Chip(run, comparison.Runs[run].Name), comparison.Metrics[run], Best(comparison)))
            .Append(Row(Markup.Of($"most popular items"), comparison.Metrics[^1], null));
        return Markup.Of($"""
            <section id="metrics"><h2>Metrics</h2>
            <div class="scroll"><table><thead><tr><th>run</th>{Markup.Join(RunMetric.All.Select(metric => Markup.Of($"<th class=\"n\">{metric.Title}</th>")))}</tr></thead><tbody>{Markup.Join(rows)}</tbody></table></div>
            <p class="note">Means over users; below them the 95 % intervals. HR@k: the next item is among the first k. NDCG@10 also counts how far up it stands; MRR is the mean of 1/rank. The most popular items, the same for everyone, are the least that a model should beat.</p>
            <div class="charts">{Chart(comparison, ranking, 0)}{Chart(comparison, ranking, 1)}</div></section>
            """);
    }

    public static Markup Pairs(Comparison comparison)
    {
        if (comparison.Pairs.Count == 0) return Markup.Empty;
        Markup headings = Markup.Join(RunMetric.All.Take(ShownPairMetrics).Select(metric => Markup.Of($"""<th class="n">{metric.Title}</th><th class="n">p</th>""")));
        return Markup.Of($"""
            <section id="differences"><h2>Are the differences real?</h2>
            <div class="scroll"><table><thead><tr><th>difference</th>{headings}</tr></thead><tbody>{Markup.Join(comparison.Pairs.Select(pair => Pair(comparison, pair)))}</tbody></table></div>
            <p class="note">The first run less the second, user by user, with 95 % intervals. p: how often a difference at least as large comes about when each user's two results change places by the toss of a coin; above with Holm's correction for {Tables.Count(comparison.Pairs.Count)} {(comparison.Pairs.Count == 1 ? "pair" : "pairs")}, below without. Corrected below {PairResult.Level} a difference counts as real and stands in bold.</p>
            <div class="charts">{Differences(comparison, 0)}{Differences(comparison, 1)}</div></section>
            """);
    }

    private static Markup Differences(Comparison comparison, int metric) => IntervalChart.Draw(
        $"Differences in {RunMetric.All[metric].Title} with 95 % intervals",
        "to the right of 0 the first run is better",
        [.. comparison.Pairs.Select(pair => new IntervalRow(Name(comparison, pair), pair.First, pair.Metrics[metric].Difference))],
        fromZero: true,
        "+0.0000;−0.0000");

    private static double[] Best(Comparison comparison) =>
        [.. Enumerable.Range(0, RunMetric.All.Count).Select(metric => comparison.Runs.Select((_, run) => comparison.Metrics[run][metric].Mean).Max())];

    private static Markup Row(Markup name, IReadOnlyList<Estimate> metrics, double[]? best) => Markup.Of($"""
        <tr><th>{name}</th>{Markup.Join(metrics.Select((metric, number) => Markup.Of($"""<td class="n{(best is not null && metric.Mean == best[number] ? " best" : "")}">{metric.Mean:F4}<span class="ci">{metric.Low:F4}–{metric.High:F4}</span></td>""")))}</tr>
        """);

    private static Markup Pair(Comparison comparison, RunPair pair) => Markup.Of($"""
        <tr><th>{RunColor.Chip(pair.First, comparison.Runs[pair.First].Name)} − {RunColor.Chip(pair.Second, comparison.Runs[pair.Second].Name)}</th>{Markup.Join(pair.Metrics.Take(ShownPairMetrics).Select(Cells))}</tr>
        """);

    private static Markup Cells(PairResult result)
    {
        string mark = result.IsSignificant ? " best" : "";
        return Markup.Of($"""<td class="n{mark}">{result.Difference.Mean:+0.0000;−0.0000}<span class="ci">{result.Difference.Low:+0.0000;−0.0000} to {result.Difference.High:+0.0000;−0.0000}</span></td><td class="n{mark}">{ComparisonWords.PValue(result.Adjusted)}<span class="ci">{ComparisonWords.PValue(result.PValue)}</span></td>""");
    }

    private static string Name(Comparison comparison, RunPair pair) => $"{comparison.Runs[pair.First].Name} − {comparison.Runs[pair.Second].Name}";

    private static Markup Chart(Comparison comparison, int[] ranking, int metric)
    {
        IEnumerable<IntervalRow> rows = ranking.Select(run => new IntervalRow(comparison.Runs[run].Name, run, comparison.Metrics[run][metric]))
            .Append(new IntervalRow("most popular", null, comparison.Metrics[^1][metric]));
        return IntervalChart.Draw($"{RunMetric.All[metric].Title} with 95 % intervals", RunMetric.All[metric].Title, [.. rows], fromZero: true, "F4");
    }
}
