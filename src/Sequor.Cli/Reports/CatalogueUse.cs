using Sequor.Data;
using Sequor.Evaluation;

namespace Sequor.Cli.Reports;

/// <summary>What lists of recommendations are like, apart from whether they hit.</summary>
/// <param name="DistinctItems">Items that anybody is recommended; null for the true next ones, of which a user has one.</param>
/// <param name="Coverage">Their share of the catalogue, 0 … 1.</param>
/// <param name="Novelty">Mean self-information of what is recommended, in bits.</param>
/// <param name="Popularity">Mean share of the users that had what is recommended, 0 … 1.</param>
/// <param name="TailShare">Share of recommendations from the tail, 0 … 1.</param>
internal sealed record CatalogueUse(int? DistinctItems, double Coverage, double Novelty, double Popularity, double TailShare)
{
    /// <summary>Of the lists that users get.</summary>
    public static CatalogueUse Of(UserOutcomes outcomes, ItemAudience audience, int itemCount)
    {
        int[] items = [.. Enumerable.Range(0, outcomes.Users.Length).SelectMany(place => outcomes.Recommended(place).ToArray()).Where(item => item != 0)];
        return Of(items, audience, itemCount);
    }

    /// <summary>Of the true next items, to measure the others by.</summary>
    public static CatalogueUse OfTargets(LeaveOneOut view, UserOutcomes outcomes, ItemAudience audience) =>
        Of([.. outcomes.Users.ToArray().Select(user => view.Get(user).TargetItem)], audience, view.Store.Items.Count) with { DistinctItems = null };

    private static CatalogueUse Of(int[] items, ItemAudience audience, int itemCount)
    {
        if (items.Length == 0) return new CatalogueUse(0, 0, 0, 0, 0);
        int distinct = items.Distinct().Count();
        return new CatalogueUse(
            distinct, (double)distinct / itemCount, items.Average(audience.SelfInformation), items.Average(audience.Share), items.Average(item => audience.Class(item) == 2 ? 1.0 : 0.0));
    }
}
