using System.Text.Json;
using Sequor.Data;

namespace Sequor.Cli.Inspect;

/// <summary>A store as one JSON document.</summary>
internal static class StoreJson
{
    public static void Write(Terminal terminal, StoreView view) => terminal.WriteJson(json =>
    {
        SequenceStore store = view.Store;
        json.WriteString("name", store.Name);
        json.WriteString("source", store.Metadata.Source);
        json.WriteString("order", store.Metadata.OrderRule);
        json.WriteStartObject("options");
        foreach ((string name, string value) in store.Metadata.Options) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteString("store", store.Path);
        json.WriteNumber("storeBytes", new FileInfo(store.Path).Length);
        json.WriteString("fingerprint", store.Fingerprint);
        json.WriteBoolean("verified", view.IsVerified);
        if (store.Report is { } report) WriteReport(json, report);
        WriteNumbers(json, view.Statistics);
        WriteAttributes(json, "itemAttributes", store.Items.Attributes);
        WriteAttributes(json, "userAttributes", store.UserAttributes);
        json.WriteStartArray("mostPopular");
        foreach (int item in view.MostPopular)
        {
            json.WriteStartObject();
            json.WriteString("id", store.Items.Id(item));
            if (store.Items.Title(item) is { } title) json.WriteString("title", title);
            json.WriteNumber("events", view.Statistics.Popularity.Counts.Span[item]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void WriteReport(Utf8JsonWriter json, PreparationReport report)
    {
        json.WriteStartObject("report");
        json.WriteNumber("rows", report.RowCount);
        json.WriteNumber("kept", report.KeptCount);
        if (report.Appended is { } appended)
        {
            json.WriteNumber("newUsers", appended.NewUserCount);
            json.WriteNumber("newItems", appended.NewItemCount);
            json.WriteNumber("lateEvents", appended.LateCount);
        }

        json.WriteStartArray("dropped");
        foreach (DroppedRows dropped in report.Dropped)
        {
            json.WriteStartObject();
            json.WriteString("reason", dropped.Reason);
            json.WriteNumber("rows", dropped.Count);
            WriteTexts(json, "examples", dropped.Examples);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "findings", report.Findings);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, StoreStatistics found)
    {
        json.WriteNumber("users", found.UserCount);
        json.WriteNumber("itemsListed", found.ListedItemCount);
        json.WriteNumber("itemsWithEvents", found.Popularity.ItemCount);
        json.WriteNumber("itemsWithOneEvent", found.Popularity.SingleCount);
        json.WriteNumber("events", found.EventCount);
        json.WriteNumber("density", found.Density);
        json.WriteNumber("repeatShare", found.RepeatShare);
        json.WriteStartObject("lengths");
        json.WriteNumber("min", found.Lengths.Smallest);
        foreach (int percent in StoreView.Percents) json.WriteNumber($"p{percent}", found.Lengths.Percentile(percent));
        json.WriteNumber("max", found.Lengths.Largest);
        json.WriteNumber("mean", found.Lengths.Mean);
        json.WriteEndObject();
        json.WriteStartObject("popularity");
        json.WriteNumber("gini", found.Popularity.Gini);
        json.WriteNumber("top1PercentShare", found.Popularity.TopHundredthShare);
        json.WriteNumber("top10PercentShare", found.Popularity.TopTenthShare);
        json.WriteEndObject();
        if (found.Times is { } times)
        {
            json.WriteStartObject("times");
            json.WriteNumber("first", times.First);
            json.WriteNumber("last", times.Last);
            json.WriteNumber("tieShare", times.TieShare);
            json.WriteEndObject();
        }

        if (found.Ratings is { } ratings) WriteRatings(json, ratings);
    }

    private static void WriteRatings(Utf8JsonWriter json, RatingStatistics ratings)
    {
        json.WriteStartObject("ratings");
        json.WriteNumber("min", ratings.Smallest);
        json.WriteNumber("mean", ratings.Mean);
        json.WriteNumber("max", ratings.Largest);
        if (ratings.Counts is { } counts)
        {
            json.WriteStartArray("counts");
            foreach ((float rating, long events) in counts)
            {
                json.WriteStartObject();
                json.WriteNumber("rating", rating);
                json.WriteNumber("events", events);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteAttributes(Utf8JsonWriter json, string name, IReadOnlyList<CategoricalAttribute> attributes)
    {
        json.WriteStartArray(name);
        foreach (CategoricalAttribute attribute in attributes)
        {
            (IReadOnlyList<(string Value, int Rows)> commonest, int without) = StoreView.Summary(attribute);
            json.WriteStartObject();
            json.WriteString("name", attribute.Name);
            json.WriteNumber("values", attribute.ValueCount);
            json.WriteNumber("without", without);
            json.WriteStartArray("commonest");
            foreach ((string value, int rows) in commonest)
            {
                json.WriteStartObject();
                json.WriteString("value", value);
                json.WriteNumber("count", rows);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
