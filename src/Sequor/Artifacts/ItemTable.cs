using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sequor.Storage;

namespace Sequor.Artifacts;

/// <summary>What an artefact knows of one item.</summary>
/// <param name="Id">The id that users know.</param>
/// <param name="Title">What to show; empty if unknown.</param>
/// <param name="Popularity">Interactions with the item in the training data.</param>
/// <param name="Attributes">Values by the name of the attribute, in an order that all rows share; null when the data had no attributes.</param>
public readonly record struct ItemRow(
    string Id, string Title, long Popularity, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>>? Attributes = null);

/// <summary>
/// The items of an artefact as JSON lines, which survive tabs, quotes and line breaks in titles. Line i, counted from 1, is item index i.
/// </summary>
public static class ItemTable
{
    /// <summary>Name of the table in the directory of an artefact.</summary>
    public const string FileName = "items.jsonl";

    /// <summary>Writes the rows, the first being item index 1.</summary>
    public static void Write(string path, IEnumerable<ItemRow> rows) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        foreach (ItemRow row in rows)
        {
            json.WriteStartObject();
            json.WriteString("id", row.Id);
            json.WriteString("title", row.Title);
            json.WriteNumber("popularity", row.Popularity);
            if (row.Attributes is not null) WriteAttributes(json, row.Attributes);
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            stream.WriteByte((byte)'\n');
        }
    });

    /// <summary>Reads the rows; the row of item index i is at i - 1.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, or a line is not an item; the message has file and line.</exception>
    public static IReadOnlyList<ItemRow> Read(string path)
    {
        var rows = new List<ItemRow>();
        var lineOfId = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            foreach (string line in File.ReadLines(path, new UTF8Encoding(false, throwOnInvalidBytes: true)))
            {
                ItemRow row = Parse(line, path, rows.Count + 1);
                rows.Add(row);
                if (!Names(row).SequenceEqual(Names(rows[0])))
                {
                    throw new InvalidInputException($"an item must have the attributes of the first, in the same order ({path}:{rows.Count})");
                }

                if (!lineOfId.TryAdd(row.Id, rows.Count))
                {
                    throw new InvalidInputException($"item id \"{row.Id}\" stands at line {lineOfId[row.Id]} already: an id must be unique ({path}:{rows.Count})");
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new InvalidInputException($"{path} cannot be read: {error.Message}", error);
        }

        return rows;
    }

    private static IEnumerable<string> Names(ItemRow row) => row.Attributes?.Select(attribute => attribute.Key) ?? [];

    private static void WriteAttributes(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> attributes)
    {
        json.WriteStartObject("attributes");
        foreach ((string name, IReadOnlyList<string> values) in attributes)
        {
            json.WriteStartArray(name);
            foreach (string value in values) json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static KeyValuePair<string, IReadOnlyList<string>>[] ParseAttributes(JsonElement attributes) =>
    [
        .. attributes.EnumerateObject().Select(attribute => KeyValuePair.Create<string, IReadOnlyList<string>>(
            attribute.Name, [.. attribute.Value.EnumerateArray().Select(value => value.GetString() ?? throw new FormatException("a value is null"))])),
    ];

    private static ItemRow Parse(string line, string path, int number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            JsonElement root = document.RootElement;
            string id = root.GetProperty("id").GetString() ?? throw new FormatException("id is null");
            long popularity = root.GetProperty("popularity").GetInt64();
            if (popularity < 0) throw new FormatException($"popularity = {popularity} is below 0");
            return new ItemRow(
                id,
                root.GetProperty("title").GetString() ?? "",
                popularity,
                root.TryGetProperty("attributes", out JsonElement attributes) ? ParseAttributes(attributes) : null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidInputException($"a line must hold an item's id, title and popularity as JSON: {error.Message} ({path}:{number})", error);
        }
    }
}
