using System.Text.Json;

namespace Sequor.Artifacts;

/// <summary>A tensor of a safetensors file: where its bytes stand, counted from the end of the header.</summary>
internal sealed record SafetensorsTensor(SafetensorsShape Shape, string Type, long Begin, long End);

/// <summary>Reads and checks the header of a safetensors file before anything trusts it.</summary>
internal static class SafetensorsHeader
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>
    /// The tensors in the order of their bytes, which cover the <paramref name="dataLength"/> bytes without gap or overlap.
    /// </summary>
    public static List<SafetensorsTensor> Read(ReadOnlyMemory<byte> header, long dataLength, string path, Dictionary<string, string> metadata)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(header, Strict);
            var tensors = new List<SafetensorsTensor>();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals("__metadata__"))
                {
                    foreach (JsonProperty entry in property.Value.EnumerateObject()) metadata[entry.Name] = entry.Value.GetString() ?? "";
                }
                else tensors.Add(Tensor(property, path));
            }

            tensors.Sort(static (left, right) =>
                left.Begin != right.Begin ? left.Begin.CompareTo(right.Begin) : left.End.CompareTo(right.End));
            CheckCover(tensors, dataLength, path);
            return tensors;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidInputException($"{path} has a header that is not that of a safetensors file: {error.Message}", error);
        }
    }

    private static SafetensorsTensor Tensor(JsonProperty property, string path)
    {
        string type = property.Value.GetProperty("dtype").GetString() ?? "";
        int size = SafetensorsType.SizeOf(type);
        if (size == 0) throw Wrong(path, property.Name, $"has dtype \"{type}\", which the format does not have");
        long[] dimensions = [.. property.Value.GetProperty("shape").EnumerateArray().Select(element => element.GetInt64())];
        JsonElement offsets = property.Value.GetProperty("data_offsets");
        if (offsets.GetArrayLength() != 2) throw Wrong(path, property.Name, "must have two data_offsets");
        long begin = offsets[0].GetInt64(), end = offsets[1].GetInt64();
        if (begin < 0 || end < begin)
        {
            throw Wrong(path, property.Name, $"has data_offsets [{begin}, {end}]: they must not be negative nor run backwards");
        }

        // The product of a hostile shape overflows 64 bits; a zero anywhere makes the tensor empty.
        UInt128 bytes = (uint)size;
        foreach (long dimension in dimensions)
        {
            if (dimension < 0) throw Wrong(path, property.Name, $"has the dimension {dimension}, which must not be negative");
            bytes = bytes > ulong.MaxValue && dimension > 0 ? bytes : bytes * (ulong)dimension;
        }

        if (bytes != (UInt128)(end - begin))
        {
            throw Wrong(path, property.Name, $"occupies {end - begin} bytes, but its shape [{string.Join(", ", dimensions)}] of {type} needs {bytes}");
        }

        return new SafetensorsTensor(new SafetensorsShape(property.Name, dimensions), type, begin, end);
    }

    private static void CheckCover(List<SafetensorsTensor> tensors, long dataLength, string path)
    {
        long expected = 0;
        foreach (SafetensorsTensor tensor in tensors)
        {
            if (tensor.Begin != expected)
            {
                string relation = tensor.Begin < expected ? "overlaps the tensor before it" : "leaves a gap behind the tensor before it";
                throw Wrong(path, tensor.Shape.Name, $"begins at byte {tensor.Begin} and {relation}, which ends at {expected}");
            }

            expected = tensor.End;
        }

        if (expected != dataLength)
        {
            throw new InvalidInputException($"{path} has {dataLength} bytes of numbers, its header says {expected}: the file is cut short or damaged; copy it again");
        }
    }

    private static InvalidInputException Wrong(string path, string tensor, string sentence) => new($"{path}: tensor {tensor} {sentence}");
}
