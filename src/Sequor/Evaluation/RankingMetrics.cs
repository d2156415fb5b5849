namespace Sequor.Evaluation;

/// <summary>Metrics of ranks (1 is best), as data/eval.py names and computes them: means over users.</summary>
public static class RankingMetrics
{
    private static readonly int[] s_ndcgCuts = [1, 10, 50, 100, 200];
    private static readonly int[] s_hitCuts = [1, 10, 50, 100, 200, 500, 1000];

    /// <summary>1 if the target is among the best <paramref name="k"/>.</summary>
    public static double HitRate(int rank, int k) => rank <= k ? 1 : 0;

    /// <summary>1 / log₂(rank + 1) if the target is among the best <paramref name="k"/>, else 0.</summary>
    public static double Ndcg(int rank, int k) => rank <= k ? 1 / Math.Log2(rank + 1.0) : 0;

    /// <summary>1 / rank.</summary>
    public static double ReciprocalRank(int rank) => 1.0 / rank;

    /// <summary>
    /// All metrics by name: ndcg@k, hr@k, mrr; and, where <paramref name="ratings"/> are given, ndcg@10, hr@10, hr@50 and mrr over the
    /// targets rated 4 and more (names ending in <c>_&gt;=4</c>).
    /// </summary>
    public static IReadOnlyDictionary<string, double> Compute(ReadOnlySpan<int> ranks, ReadOnlySpan<float> ratings)
    {
        var metrics = new Dictionary<string, double>();
        foreach (int k in s_ndcgCuts) metrics[$"ndcg@{k}"] = Mean(ranks, rank => Ndcg(rank, k));
        foreach (int k in s_hitCuts) metrics[$"hr@{k}"] = Mean(ranks, rank => HitRate(rank, k));
        metrics["mrr"] = Mean(ranks, ReciprocalRank);
        if (ratings.IsEmpty) return metrics;
        var liked = new List<int>();
        for (int u = 0; u < ranks.Length; u++) if (ratings[u] >= 4) liked.Add(ranks[u]);
        if (liked.Count == 0) return metrics;
        int[] likedRanks = [.. liked];
        metrics["ndcg@10_>=4"] = Mean(likedRanks, rank => Ndcg(rank, 10));
        metrics["hr@10_>=4"] = Mean(likedRanks, rank => HitRate(rank, 10));
        metrics["hr@50_>=4"] = Mean(likedRanks, rank => HitRate(rank, 50));
        metrics["mrr_>=4"] = Mean(likedRanks, ReciprocalRank);
        return metrics;
    }

    private static double Mean(ReadOnlySpan<int> ranks, Func<int, double> metric)
    {
        double sum = 0;
        foreach (int rank in ranks) sum += metric(rank);
        return ranks.IsEmpty ? 0 : sum / ranks.Length;
    }
}
