using Sequor.Data;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary>What a preparation made, as a table and as JSON.</summary>
internal static class PreparationOutput
{
    public static void Draw(Terminal terminal, PreparationSummary summary) => terminal.Draw(Tables.Facts([
        ("data set", summary.Name),
        ("rows read", Tables.Count(summary.RowCount)),
        .. (summary.Report?.Dropped ?? []).Select(dropped => ("left out", $"{Tables.Count(dropped.Count)}: {dropped.Reason}, such as {string.Join("; ", dropped.Examples)}")),
        .. (summary.Report?.Findings ?? []).Select(finding => ("found out", finding)),
        .. summary.Report is { Appended: { } appended } report ? Facts(report, appended) : [],
        ("users", Tables.Count(summary.UserCount)),
        ("items", Tables.Count(summary.ItemCount)),
        ("item attributes", summary.ItemAttributes.Count == 0 ? "no" : string.Join(", ", summary.ItemAttributes)),
        ("interactions", Tables.Count(summary.InteractionCount)),
        ("ratings", summary.HasRatings ? "yes" : "no"),
        ("timestamps", summary.HasTimestamps ? $"{UtcTime.Show(summary.FirstTimestamp.GetValueOrDefault())} to {UtcTime.Show(summary.LastTimestamp.GetValueOrDefault())}" : "no"),
        ("store", $"{summary.Output}, {Tables.Size(summary.StoreBytes)}"),
        ("fingerprint", summary.Fingerprint),
        ("time", Tables.Duration(summary.Elapsed)),
    ]));

    public static void WriteJson(Terminal terminal, PreparationSummary summary) => terminal.WriteJson(json =>
    {
        json.WriteString("name", summary.Name);
        json.WriteString("store", summary.Output);
        json.WriteNumber("rows", summary.RowCount);
        json.WriteStartArray("leftOut");
        foreach (DroppedRows dropped in summary.Report?.Dropped ?? [])
        {
            json.WriteStartObject();
            json.WriteString("reason", dropped.Reason);
            json.WriteNumber("rows", dropped.Count);
            json.WriteStartArray("examples");
            foreach (string example in dropped.Examples) json.WriteStringValue(example);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (string finding in summary.Report?.Findings ?? []) json.WriteStringValue(finding);
        json.WriteEndArray();
        if (summary.Report is { Appended: { } appended })
        {
            json.WriteNumber("newEvents", summary.Report.KeptCount);
            json.WriteNumber("newUsers", appended.NewUserCount);
            json.WriteNumber("newItems", appended.NewItemCount);
            json.WriteNumber("lateEvents", appended.LateCount);
        }

        json.WriteNumber("users", summary.UserCount);
        json.WriteNumber("items", summary.ItemCount);
        json.WriteStartArray("itemAttributes");
        foreach (string name in summary.ItemAttributes) json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteNumber("interactions", summary.InteractionCount);
        json.WriteBoolean("ratings", summary.HasRatings);
        json.WriteBoolean("timestamps", summary.HasTimestamps);
        if (summary.FirstTimestamp is { } first) json.WriteNumber("firstTimestamp", first);
        if (summary.LastTimestamp is { } last) json.WriteNumber("lastTimestamp", last);
        json.WriteNumber("storeBytes", summary.StoreBytes);
        json.WriteString("fingerprint", summary.Fingerprint);
        json.WriteNumber("seconds", summary.Elapsed.TotalSeconds);
    });

    private static (string, string)[] Facts(PreparationReport report, AppendedCounts appended) =>
        [("new events", Tables.Count(report.KeptCount)), ("new users", Tables.Count(appended.NewUserCount)), ("new items", Tables.Count(appended.NewItemCount))];
}
