using System.Text;
using System.Text.Json;

namespace Sequor.Cli.Load;

/// <summary>The reason in a problem document (RFC 9457), or the beginning of what came instead.</summary>
internal static class Problem
{
    private const int Shown = 200;

    public static string Reason(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (JsonElement.TryParseValue(ref reader, out JsonElement? parsed) && parsed is { ValueKind: JsonValueKind.Object } problem)
                foreach (string name in (string[])["detail", "title"])
                    if (problem.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String) return text.GetString()!;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not a document, or one of half letters; its beginning may say something.
        }

        return Encoding.UTF8.GetString(body[..Math.Min(body.Length, Shown)]).ReplaceLineEndings(" ");
    }
}
