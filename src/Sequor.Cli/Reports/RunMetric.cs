using Sequor.Evaluation;

namespace Sequor.Cli.Reports;

/// <summary>A number that a user's rank makes.</summary>
/// <param name="Name">As the reference calls its mean.</param>
/// <param name="Of">The number of a rank.</param>
internal sealed record RunMetric(string Name, Func<int, double> Of)
{
    /// <summary>Those that are compared; the first is the one that epochs are chosen by.</summary>
    public static IReadOnlyList<RunMetric> All { get; } =
    [
        new("ndcg@10", rank => RankingMetrics.Ndcg(rank, 10)),
        new("hr@10", rank => RankingMetrics.HitRate(rank, 10)),
        new("mrr", RankingMetrics.ReciprocalRank),
        new("hr@1", rank => RankingMetrics.HitRate(rank, 1)),
        new("hr@50", rank => RankingMetrics.HitRate(rank, 50)),
        new("hr@200", rank => RankingMetrics.HitRate(rank, 200)),
    ];

    /// <summary>The name as people write it.</summary>
    public string Title => Name.ToUpperInvariant();
}
