using System.Globalization;
using Sequor.Data;
using Spectre.Console;

namespace Sequor.Cli.Inspect;

/// <summary>A store as tables for people.</summary>
internal static class StoreTables
{
    public static void Draw(Terminal terminal, StoreView view)
    {
        terminal.Draw(Tables.Facts(Identity(view)));
        if (view.Store.Report is { } report) DrawReport(terminal, report);
        terminal.Draw(Tables.Facts(Numbers(view.Statistics)));
        if (view.Statistics.Ratings?.Counts is { } ratings)
        {
            Table table = Tables.Create(">rating", ">events", ">share");
            foreach ((float rating, long events) in ratings) table.Add(Number(rating), Tables.Count(events), Percent((double)events / view.Statistics.EventCount));
            terminal.Draw(table);
        }

        DrawAttributes(terminal, "item attribute", view.Store.Items.Attributes);
        DrawAttributes(terminal, "user attribute", view.Store.UserAttributes);
        DrawPopular(terminal, view);
    }

    private static IEnumerable<(string What, string Value)> Identity(StoreView view)
    {
        SequenceStore store = view.Store;
        yield return ("data set", store.Name);
        yield return ("source", store.Metadata.Source);
        yield return ("order", store.Metadata.OrderRule);
        if (store.Metadata.Options.Count > 0) yield return ("options", string.Join(", ", store.Metadata.Options.Select(option => $"{option.Key} = {option.Value}")));
        yield return ("store", $"{store.Path}, {Tables.Size(new FileInfo(store.Path).Length)}");
        yield return ("fingerprint", store.Fingerprint);
        yield return ("checksums", view.IsVerified ? "all agree" : "not read (--verify reads them)");
    }

    private static IEnumerable<(string What, string Value)> Numbers(StoreStatistics found)
    {
        PopularityStatistics popularity = found.Popularity;
        yield return ("users", Tables.Count(found.UserCount));
        yield return ("items", $"{Tables.Count(found.ListedItemCount)} listed, {Tables.Count(popularity.ItemCount)} with events, {Tables.Count(popularity.SingleCount)} with one");
        yield return ("events", Tables.Count(found.EventCount));
        yield return ("density", found.Density.ToString("P3", CultureInfo.InvariantCulture));
        LengthStatistics lengths = found.Lengths;
        yield return ("events a user", string.Create(CultureInfo.InvariantCulture, $"{lengths.Mean:N1} on average, {lengths.Smallest:N0} to {lengths.Largest:N0}"));
        yield return ("  percentiles", string.Join(", ", StoreView.Percents.Select(percent => $"{percent} %: {Tables.Count(lengths.Percentile(percent))}")));
        yield return ("repeated items", $"{Percent(found.RepeatShare)} of the events");
        yield return ("popularity", string.Create(CultureInfo.InvariantCulture, $"Gini {popularity.Gini:F3}; the top 1 % of the items have {Percent(popularity.TopHundredthShare)} of the events, the top 10 % {Percent(popularity.TopTenthShare)}"));
        if (found.Times is { } times)
        {
            yield return ("times", $"{UtcTime.Show(times.First)} to {UtcTime.Show(times.Last)}");
            yield return ("equal times", $"{Percent(times.TieShare)} of a user's neighbouring events");
        }
        else yield return ("times", "no");

        yield return ("ratings", found.Ratings is { } ratings
            ? string.Create(CultureInfo.InvariantCulture, $"{ratings.Mean:F2} on average, {Number(ratings.Smallest)} to {Number(ratings.Largest)}")
            : "no");
    }

    private static void DrawReport(Terminal terminal, PreparationReport report)
    {
        terminal.Draw(Tables.Facts(
        [
            ("rows read", Tables.Count(report.RowCount)),
            ("rows kept", Tables.Count(report.KeptCount)),
            .. report.Appended is { } appended
                ? [("appended", $"the report is of the last time; new users: {Tables.Count(appended.NewUserCount)}, new items: {Tables.Count(appended.NewItemCount)}")]
                : Array.Empty<(string, string)>(),
            .. report.Findings.Select(finding => ("found", finding)),
        ]));
        if (report.Dropped.Count == 0) return;
        Table table = Tables.Create("left out", ">rows", "for example");
        foreach (DroppedRows dropped in report.Dropped) table.Add(dropped.Reason, Tables.Count(dropped.Count), string.Join("; ", dropped.Examples));
        terminal.Draw(table);
    }

    private static void DrawAttributes(Terminal terminal, string heading, IReadOnlyList<CategoricalAttribute> attributes)
    {
        if (attributes.Count == 0) return;
        Table table = Tables.Create(heading, ">values", ">without", "commonest");
        foreach (CategoricalAttribute attribute in attributes)
        {
            (IReadOnlyList<(string Value, int Rows)> commonest, int without) = StoreView.Summary(attribute);
            table.Add(attribute.Name, Tables.Count(attribute.ValueCount), Tables.Count(without), string.Join(", ", commonest.Select(value => $"{value.Value} ({Tables.Count(value.Rows)})")));
        }

        terminal.Draw(table);
    }

    private static void DrawPopular(Terminal terminal, StoreView view)
    {
        ItemVocabulary items = view.Store.Items;
        Table table = items.HasTitles ? Tables.Create("most popular", "title", ">events", ">share") : Tables.Create("most popular", ">events", ">share");
        foreach (int item in view.MostPopular)
        {
            long events = view.Statistics.Popularity.Counts.Span[item];
            string count = Tables.Count(events), share = Percent((double)events / view.Statistics.EventCount);
            if (items.HasTitles) table.Add(items.Id(item), items.Title(item) ?? "", count, share);
            else table.Add(items.Id(item), count, share);
        }

        terminal.Draw(table);
    }

    private static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);

    private static string Number(float value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
