using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Evaluation.Statistics;

namespace Sequor.Cli.Reports;

/// <summary>Some of the users, and how well each run serves them.</summary>
/// <param name="Name">Who they are.</param>
/// <param name="UserCount">How many.</param>
/// <param name="Runs">NDCG@10 of each run, in the order of the runs.</param>
internal sealed record UserGroup(string Name, int UserCount, IReadOnlyList<Estimate> Runs)
{
    /// <summary>Users in four parts of about equal size by the number of events before the target, the least active first. Equal numbers stay together.</summary>
    public static IEnumerable<(string Name, int[] Places)> ByHistory(LeaveOneOut view, UserOutcomes outcomes)
    {
        int[] lengths = [.. outcomes.Users.ToArray().Select(user => view.EventCount(user) - 1)], sorted = [.. lengths.Order()];
        int[] ends = [.. Enumerable.Range(1, 4).Select(quarter => sorted[(sorted.Length * quarter + 3) / 4 - 1]).Distinct()];
        int from = sorted[0];
        foreach (int to in ends)
        {
            int[] places = [.. Enumerable.Range(0, lengths.Length).Where(place => lengths[place] >= from && lengths[place] <= to)];
            yield return (from == to ? $"{Tables.Count(from)} events" : $"{Tables.Count(from)} to {Tables.Count(to)} events", places);
            from = to + 1;
        }
    }

    /// <summary>Users by the class of their target. A class that is nobody's target is left out.</summary>
    public static IEnumerable<(string Name, int[] Places)> ByPopularity(LeaveOneOut view, UserOutcomes outcomes, ItemAudience audience)
    {
        int[] classes = [.. outcomes.Users.ToArray().Select(user => audience.Class(view.Get(user).TargetItem))];
        for (int number = 0; number < ItemAudience.ClassNames.Count; number++)
        {
            int[] places = [.. Enumerable.Range(0, classes.Length).Where(place => classes[place] == number)];
            if (places.Length > 0) yield return ($"{ItemAudience.ClassNames[number]}: {Tables.Count(audience.ClassSize(number))} items", places);
        }
    }
}
