using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Sequor.Configuration;
using Sequor.Server.Contracts;

namespace Sequor.Server.Http;

/// <summary>Says what is wrong with a body that could not be read: where it stops being JSON, or which fields are not as they should be.</summary>
internal static class JsonComplaint
{
    private const int MostErrors = 20;

    /// <summary>Looks again, slowly, at a body that the serializer gave up on at the first fault.</summary>
    internal static RequestException Of(ReadOnlyMemory<byte> body, JsonTypeInfo type, JsonException error)
    {
        var errors = new List<FieldErrorResponse>();
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = type.Options.MaxDepth });
            Check(document.RootElement, type, "", errors);
        }
        catch (JsonException malformed)
        {
            return Malformed(malformed, Field(error.Path), body.Length);
        }

        if (errors.Count == 0) errors.Add(RequestException.Error(Field(error.Path), null, "cannot be read; compare it with /openapi/v1.json"));
        return new RequestException(StatusCodes.Status400BadRequest, errors.Count == 1 ? $"{errors[0].Field} {errors[0].Rule}" : $"{errors.Count} fields are not as they should be", errors);
    }

    private static RequestException Malformed(JsonException malformed, string field, int length)
    {
        // The serializer's message goes on with the position, which is said here in its own words.
        string reason = malformed.Message;
        int position = reason.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (position > 0) reason = reason[..position];
        string where = string.Create(CultureInfo.InvariantCulture, $"line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}");
        string rule = length == 0 ? "the body is empty; it must be a JSON object" : $"must be JSON; {where}: {reason}";
        return new RequestException(StatusCodes.Status400BadRequest, field, null, rule);
    }

    private static void Check(JsonElement element, JsonTypeInfo type, string path, List<FieldErrorResponse> errors)
    {
        if (errors.Count >= MostErrors) return;
        if (type.Type == typeof(HistoryEvent) && element.ValueKind == JsonValueKind.Object) type = SequorJson.Default.HistoryEventObject;
        if (!Fits(element, type, out string expected)) errors.Add(RequestException.Error(path.Length == 0 ? "$" : path, Raw(element), $"must be {expected}{Quoted(element, type)}"));
        else if (type.Kind == JsonTypeInfoKind.Object) CheckFields(element, type, path, errors);
        else if (type.Kind == JsonTypeInfoKind.Enumerable)
        {
            JsonTypeInfo elements = type.Options.GetTypeInfo(type.ElementType!);
            int index = 0;
            foreach (JsonElement item in element.EnumerateArray())
            {
                if (errors.Count >= MostErrors) return;
                Check(item, elements, $"{path}[{index++}]", errors);
            }
        }
    }

    private static void CheckFields(JsonElement element, JsonTypeInfo type, string path, List<FieldErrorResponse> errors)
    {
        string prefix = path.Length == 0 ? "" : path + ".";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (errors.Count >= MostErrors) return;
            if (!IsName(member))
            {
                errors.Add(RequestException.Error(path.Length == 0 ? "$" : path, null, "has a field whose name is no text of valid Unicode"));
                continue;
            }

            JsonPropertyInfo? property = type.Properties.FirstOrDefault(property => property.Name == member.Name);
            if (property is null)
            {
                string near = Spelling.Nearest(member.Name, type.Properties.Select(known => known.Name)) is { } found
                    ? $"did you mean {found}?"
                    : $"must be one of {string.Join(", ", type.Properties.Select(known => known.Name))}";
                errors.Add(RequestException.Error(prefix + member.Name, null, $"is not a field; {near}"));
            }
            else if (!seen.Add(member.Name)) errors.Add(RequestException.Error(prefix + member.Name, Raw(member.Value), "stands twice; leave one out"));
            else if (member.Value.ValueKind != JsonValueKind.Null || !property.IsSetNullable)
                Check(member.Value, type.Options.GetTypeInfo(property.PropertyType), prefix + member.Name, errors);
        }

        foreach (JsonPropertyInfo property in type.Properties)
            if (property.IsRequired && !seen.Contains(property.Name)) errors.Add(RequestException.Error(prefix + property.Name, null, "is missing; it is required"));
    }

    private static bool Fits(JsonElement element, JsonTypeInfo type, out string expected)
    {
        JsonValueKind kind = element.ValueKind;
        Type value = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        bool fits;
        (fits, expected) =
            value == typeof(string) ? (kind == JsonValueKind.String && IsText(element), "a string of valid Unicode")
            : value == typeof(bool) ? (kind is JsonValueKind.True or JsonValueKind.False, "true or false")
            : value == typeof(int) ? (kind == JsonValueKind.Number && element.TryGetInt32(out _), "a whole number")
            : value == typeof(long) ? (kind == JsonValueKind.Number && element.TryGetInt64(out _), "a whole number")
            : value == typeof(float) ? (kind == JsonValueKind.Number, "a number")
            : value == typeof(HistoryEvent) ? (kind == JsonValueKind.String && IsText(element), "an item id, or an object with itemId")
            : type.Kind == JsonTypeInfoKind.Enumerable ? (kind == JsonValueKind.Array, "a list")
            : (kind == JsonValueKind.Object, "an object");
        return fits;
    }

    // Ids that are numbers in a data set are the mistake that everyone makes once.
    private static string Quoted(JsonElement element, JsonTypeInfo type) =>
        element.ValueKind == JsonValueKind.Number && (type.Type == typeof(string) || type.Type == typeof(HistoryEvent)) ? $": write \"{element.GetRawText()}\"" : "";

    private static bool IsName(JsonProperty member)
    {
        try
        {
            return member.Name is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsText(JsonElement element)
    {
        try
        {
            return element.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // Null where the bytes are no text.
    private static string? Raw(JsonElement element)
    {
        try
        {
            return element.GetRawText();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    // "$.history[3].itemId" as history[3].itemId.
    private static string Field(string? path) => path is { Length: > 2 } && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "$";
}
