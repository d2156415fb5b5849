namespace Sequor.Cli.Reports;

/// <summary>Whom the runs serve well, and with what.</summary>
internal static class ReportUsers
{
    public static Markup Groups(Comparison comparison) => Markup.Of($"""
        <section id="users"><h2>Who is served well?</h2><div class="charts">{Chart(comparison, "NDCG@10 by events before the target", comparison.ByHistory)}{Chart(comparison, "NDCG@10 by popularity of the target", comparison.ByPopularity)}</div>
        <p class="note">On the left four parts of the users of about equal size. On the right users by the item that they chose next: head, torso and tail are the items, from the most popular on, with a third of all training events each. Intervals are of the users of the group.</p></section>
        """);

    public static Markup Lists(Comparison comparison)
    {
        IEnumerable<Markup> rows = comparison.Ranking.Select(run => Row(RunColor.Chip(run, comparison.Runs[run].Name), comparison.Uses[run]))
            .Append(Row(Markup.Of($"most popular items"), comparison.Uses[^2])).Append(Row(Markup.Of($"what users chose next"), comparison.Uses[^1]));
        return Markup.Of($"""
            <section id="lists"><h2>What is recommended?</h2>
            <div class="scroll"><table><thead><tr><th>first ten of each list</th><th class="n">items used</th><th class="n">of the catalogue</th><th class="n">novelty, bits</th><th class="n">popularity</th><th class="n">from the tail</th></tr></thead><tbody>{Markup.Join(rows)}</tbody></table></div>
            <p class="note">Items used: the different items in the lists of all users together. Novelty: mean self-information, −log₂ of the share of users who had the item in training. Popularity: the mean of that share itself. What users chose next shows what lists would be like that are always right.</p></section>
            """);
    }

    private static Markup Chart(Comparison comparison, string title, IReadOnlyList<UserGroup> groups) => IntervalChart.Draw(
        title,
        "NDCG@10",
        [.. groups.SelectMany(group => (IEnumerable<IntervalRow>)
        [
            new IntervalRow($"{group.Name} ({Tables.Count(group.UserCount)} users)", null, null), .. comparison.Ranking.Select(run => new IntervalRow(comparison.Runs[run].Name, run, group.Runs[run])),
        ])],
        fromZero: true,
        "F4");

    private static Markup Row(Markup name, CatalogueUse use) => Markup.Of($"""
        <tr><th>{name}</th><td class="n">{(use.DistinctItems is { } count ? Tables.Count(count) : "")}</td><td class="n">{(use.DistinctItems is null ? "" : Percent(use.Coverage))}</td><td class="n">{use.Novelty:F2}</td><td class="n">{Percent(use.Popularity)}</td><td class="n">{Percent(use.TailShare)}</td></tr>
        """);

    private static string Percent(double share) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * share:F1} %");
}
