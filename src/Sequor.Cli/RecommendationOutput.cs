using System.Globalization;
using System.Text.Json;
using Sequor.Data;
using Sequor.Serving;
using Spectre.Console;

namespace Sequor.Cli;

/// <summary>Recommendations as a table below the newest of the history, and as JSON.</summary>
internal static class RecommendationOutput
{
    private const int ShownHistory = 5;

    public static void Draw(Terminal terminal, History history, IReadOnlyList<Recommendation> found, ItemVocabulary items)
    {
        terminal.Say($"seen last, of {Tables.Count(history.Items.Length)}:");
        foreach (int item in history.Items.TakeLast(ShownHistory)) terminal.Say($"  {items.Title(item) ?? items.Id(item)}");
        Table table = items.HasTitles ? Tables.Create(">rank", "title", "id", ">score") : Tables.Create(">rank", "id", ">score");
        for (int i = 0; i < found.Count; i++)
        {
            string rank = (i + 1).ToString(CultureInfo.InvariantCulture), score = Tables.Metric(found[i].Score);
            if (items.HasTitles) table.Add(rank, found[i].Title ?? "", found[i].ItemId, score);
            else table.Add(rank, found[i].ItemId, score);
        }

        terminal.Draw(table);
    }

    public static void WriteJson(Utf8JsonWriter json, History history, IReadOnlyList<Recommendation> found, ItemVocabulary items)
    {
        json.WriteNumber("historyCount", history.Items.Length);
        json.WriteStartArray("history");
        foreach (int item in history.Items.TakeLast(ShownHistory)) WriteItem(json, items.Id(item), items.Title(item), null, null);
        json.WriteEndArray();
        json.WriteStartArray("recommendations");
        for (int i = 0; i < found.Count; i++) WriteItem(json, found[i].ItemId, found[i].Title, i + 1, found[i].Score);
        json.WriteEndArray();
    }

    private static void WriteItem(Utf8JsonWriter json, string id, string? title, int? rank, float? score)
    {
        json.WriteStartObject();
        if (rank is not null) json.WriteNumber("rank", rank.Value);
        json.WriteString("id", id);
        if (title is not null) json.WriteString("title", title);
        if (score is not null) ReportOutput.WriteNumber(json, "score", score.Value);
        json.WriteEndObject();
    }
}
