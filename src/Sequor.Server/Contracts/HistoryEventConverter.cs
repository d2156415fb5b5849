using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sequor.Server.Contracts;

/// <summary>Reads an event of a history from an object or from the item id alone.</summary>
internal sealed class HistoryEventConverter : JsonConverter<HistoryEvent>
{
    public override HistoryEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return new HistoryEvent { ItemId = reader.GetString()! };
        HistoryEventObject read = JsonSerializer.Deserialize(ref reader, SequorJson.Default.HistoryEventObject) ?? throw new JsonException();
        return new HistoryEvent { ItemId = read.ItemId, Timestamp = read.Timestamp, Rating = read.Rating };
    }

    public override void Write(Utf8JsonWriter writer, HistoryEvent value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, new HistoryEventObject { ItemId = value.ItemId, Timestamp = value.Timestamp, Rating = value.Rating }, SequorJson.Default.HistoryEventObject);
}

/// <summary>An event of a history as an object.</summary>
internal sealed record HistoryEventObject
{
    /// <inheritdoc cref="HistoryEvent.ItemId"/>
    public required string ItemId { get; init; }

    /// <inheritdoc cref="HistoryEvent.Timestamp"/>
    public long? Timestamp { get; init; }

    /// <inheritdoc cref="HistoryEvent.Rating"/>
    public float? Rating { get; init; }
}
