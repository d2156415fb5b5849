using System.Text.Json;

namespace Sequor.Cli.Load;

/// <summary>What the service says of its own time in an answer, in seconds.</summary>
/// <param name="Queued">Waiting for a batch.</param>
/// <param name="Encode">History to query.</param>
/// <param name="Search">Query to items.</param>
internal readonly record struct ServerTiming(double Queued, double Encode, double Search)
{
    /// <summary>Finds the times in the body of an answer without reading the rest of it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out ServerTiming timing)
    {
        timing = default;
        int start = body.LastIndexOf("\"timing\":"u8);
        if (start < 0) return false;
        var reader = new Utf8JsonReader(body[(start + "\"timing\":".Length)..]);
        double queued = 0, encode = 0, search = 0;
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                if (reader.ValueTextEquals("queuedMilliseconds"u8)) queued = Next(ref reader);
                else if (reader.ValueTextEquals("encodeMilliseconds"u8)) encode = Next(ref reader);
                else if (reader.ValueTextEquals("searchMilliseconds"u8)) search = Next(ref reader);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }

        timing = new ServerTiming(queued, encode, search);
        return true;
    }

    private static double Next(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetDouble() / 1e3 : 0;
}
