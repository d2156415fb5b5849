using System.Globalization;
using System.Text.Json;
using Sequor.Data;
using Sequor.Preparation.Reading;

namespace Sequor.Preparation.Sets;

/// <summary>The catalogue of Yelp: one JSON object a line, with <c>business_id</c>, <c>name</c>, <c>categories</c> and <c>city</c>.</summary>
internal static class YelpBusinesses
{
    /// <summary>Reads the list, plain or gzipped.</summary>
    public static ItemVocabulary Read(string path)
    {
        using var reader = new StreamReader(SourceLine.Open(path));
        var rows = new List<ListedItem>();
        for (int lineNumber = 1; reader.ReadLine() is { } line; lineNumber++)
        {
            if (line.Length > 0) rows.Add(Row(line, string.Create(CultureInfo.InvariantCulture, $"({path}:{lineNumber})")));
        }

        return ItemList.Sort(rows, titled: true, ["categories", "city"]);
    }

    private static ListedItem Row(string line, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement business = document.RootElement;
            if (Text(business, "business_id") is not { Length: > 0 } id) throw new InvalidInputException($"a business has no business_id; fetch the file again {where}");
            string[] categories = (Text(business, "categories") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            string? city = Text(business, "city")?.Trim();
            return new ListedItem(id, Text(business, "name"), [[.. categories.Distinct()], string.IsNullOrEmpty(city) ? [] : [city]]);
        }
        catch (JsonException error)
        {
            throw new InvalidInputException($"a line is no JSON object: {error.Message.Split(" LineNumber", 2)[0].TrimEnd('.')}; fetch the file again {where}", error);
        }
    }

    private static string? Text(JsonElement business, string name) =>
        business.ValueKind == JsonValueKind.Object && business.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
