namespace Sequor.Cli.Reports;

/// <summary>How the numbers of the page are computed.</summary>
internal static class ReportMethod
{
    public static Markup Section(Comparison comparison)
    {
        string resamples = Tables.Count(comparison.Options.Resamples);
        Markup test = comparison.Pairs.Count == 0 ? Markup.Empty : Markup.Of($"""
            <p><strong>p-values.</strong> Paired randomization test, two-sided, over the differences d of the users: {resamples} times each d keeps or changes its sign by the toss of a fair coin; p = (1 + b) / (1 + {resamples}), b being how often |Σ d| came to at least what was found. Holm's correction for the {comparison.Pairs.Count} {(comparison.Pairs.Count == 1 ? "pair" : "pairs")} of a metric; there is none over the metrics, of which NDCG@10 is the one that chose the epochs.</p>
            """);
        return Markup.Of($"""
            <section id="method"><h2>How it was computed</h2>
            <p><strong>Ranks.</strong> The model of each run's best epoch scores the whole catalogue for every user. Items of the history window are left out; rank = 1 + items with a higher score, or an equal one and a lower index.</p>
            <p><strong>Intervals.</strong> Percentile bootstrap over users: {resamples} times as many users as there are, drawn with replacement, the same ones for all runs; the ends cut off 2.5 % of the means on each side. Users are the units, so the intervals tell what other users such as these might give, not what another seed of the training might.</p>
            {test}
            <p><strong>Seed</strong> of all draws: {comparison.Options.Seed}. The same command on the same runs gives the same numbers, with any number of threads.</p>
            <p class="small">Bootstrap: Efron 1979. Randomization test: Fisher 1935; for retrieval, Smucker, Allan and Carterette 2007. p-value of sampled rounds: Phipson and Smyth 2010. Correction: Holm 1979. Novelty: Zhou et al. 2010.</p></section>
            """);
    }
}
