using System.Globalization;
using Sequor.Evaluation.Statistics;

namespace Sequor.Cli.Reports;

/// <summary>What a comparison comes to, in sentences.</summary>
internal static class ComparisonWords
{
    /// <summary>The answer: who is best, over whom that is certain, and over whom not.</summary>
    public static IEnumerable<string> Verdict(Comparison comparison)
    {
        int[] ranking = [.. comparison.Ranking];
        int best = ranking[0];
        Estimate ndcg = comparison.Metrics[best][0], hits = comparison.Metrics[best][1];
        string numbers = string.Create(
            CultureInfo.InvariantCulture, $"NDCG@10 {ndcg.Mean:F4} (95 % interval {ndcg.Low:F4} to {ndcg.High:F4}), HR@10 {hits.Mean:F4}");
        if (ranking.Length == 1)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{comparison.Runs[0].Name}: {numbers}; the most popular items come to {comparison.Metrics[^1][0].Mean:F4} and {comparison.Metrics[^1][1].Mean:F4}.");
            yield break;
        }

        yield return $"{comparison.Runs[best].Name} is best: {numbers}.";
        RunPair[] own = [.. comparison.Pairs.Where(pair => pair.First == best)];
        RunPair[] certain = [.. own.Where(pair => pair.Metrics[0].IsSignificant)], open = [.. own.Where(pair => !pair.Metrics[0].IsSignificant)];
        if (certain.Length > 0) yield return $"Its lead in NDCG@10 is significant over {List(certain)}.";
        if (open.Length > 0) yield return $"Over {List(open)} it is not: the difference may be chance.";

        string List(RunPair[] pairs) => string.Join(", ", pairs.Select(pair => string.Create(
            CultureInfo.InvariantCulture, $"{comparison.Runs[pair.Second].Name} ({pair.Metrics[0].Difference.Mean:+0.0000;−0.0000}, p {Relation(pair.Metrics[0].Adjusted)})")));
    }

    /// <summary>What was measured, and how.</summary>
    public static string Method(Comparison comparison)
    {
        DataFacts data = comparison.Data;
        string resamples = Tables.Count(comparison.Options.Resamples), seed = comparison.Options.Seed.ToString(CultureInfo.InvariantCulture);
        string line = $"{Tables.Count(data.UserCount)} users of {data.Name}, the last event of each ranked among {Tables.Count(data.ItemCount)} items, {data.Protocol} protocol; 95 % intervals from {resamples} bootstrap resamples of users";
        if (comparison.Pairs.Count > 0)
            line += $"; p from a paired randomization test over users with {resamples} rounds, Holm for {Tables.Count(comparison.Pairs.Count)} {(comparison.Pairs.Count == 1 ? "pair" : "pairs")}, * below {PairResult.Level.ToString(CultureInfo.InvariantCulture)}";
        return $"{line}; seed {seed}";
    }

    /// <summary>What makes numbers better than they are, or hard to compare.</summary>
    public static IEnumerable<string> Warnings(Comparison comparison)
    {
        if (comparison.Data.Protocol == "reference" && comparison.Runs.Any(run => run.Record.Epochs.Count > 1))
            yield return "under the reference protocol the best epoch was chosen by the very events that are measured here, so the figures are somewhat too good; --protocol validation keeps them apart";
        if (comparison.Runs.Select(run => run.Config.Model.MaxSequenceLength).Distinct().Count() > 1)
            yield return "the runs read histories of different lengths, and each leaves out of its lists what it has read";
        foreach (ComparedRun run in comparison.Runs)
        {
            if (run.Record.Epochs.Count > 0 && run.Record.Epochs.Count < run.Config.Training.EpochCount && run.Config.Training.EarlyStoppingPatience == 0)
                yield return $"{run.Name} has come to {run.Record.Epochs.Count} of its {run.Config.Training.EpochCount} epochs";
            if (run.Manifest.InitializedFrom is { } initial) yield return $"{run.Name} went on from {initial.Name}, trained under the {initial.Protocol} protocol on data {initial.DataFingerprint[..Math.Min(12, initial.DataFingerprint.Length)]}…";
        }
    }

    /// <summary>A p-value with as many digits as say something.</summary>
    public static string PValue(double value) => value.ToString(value < 0.001 ? "0.0000" : "0.000", CultureInfo.InvariantCulture);

    private static string Relation(double value) => $"= {PValue(value)}";
}
