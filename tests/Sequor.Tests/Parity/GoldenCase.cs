using System.Text.Json;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>
/// One case that the reference computed: hyper-parameters and named arrays, row-major. Cases lie beside the test assembly, or in the
/// folder that SEQUOR_GOLDEN names.
/// </summary>
public sealed class GoldenCase
{
    private readonly JsonElement _root;

    private GoldenCase(string name, JsonElement root) => (Name, _root) = (name, root);

    internal static string Folder => Environment.GetEnvironmentVariable("SEQUOR_GOLDEN") ?? Path.Combine(AppContext.BaseDirectory, "Golden");

    internal string Name { get; }

    internal JsonElement Hyper => _root.GetProperty("hyper");

    internal IEnumerable<string> ArrayNames => Arrays.EnumerateObject().Select(array => array.Name);

    private JsonElement Arrays => _root.GetProperty("arrays");

    internal static IEnumerable<string> AllNames => Directory.EnumerateFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

    /// <summary>The cases of a kind, as theory data.</summary>
    internal static TheoryData<string> Of(params string[] prefixes) =>
        [.. AllNames.Where(name => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))];

    internal static GoldenCase Load(string name)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));
        return new GoldenCase(name, file.RootElement.Clone());
    }

    internal bool Has(string array) => Arrays.TryGetProperty(array, out _);

    internal int[] Shape(string array) => [.. Arrays.GetProperty(array).GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];

    internal float[] Floats(string array) => [.. Data(array).Select(value => value.GetSingle())];

    internal long[] Longs(string array) => [.. Data(array).Select(value => value.GetInt64())];

    internal int[] Ints(string array) => [.. Data(array).Select(value => value.GetInt32())];

    internal int Int(string hyper) => Hyper.GetProperty(hyper).GetInt32();

    internal double Double(string hyper) => Hyper.GetProperty(hyper).GetDouble();

    internal bool Flag(string hyper) => Hyper.GetProperty(hyper).GetBoolean();

    internal string Text(string hyper) => Hyper.GetProperty(hyper).GetString()!;

    // A scalar's data is a number, not a list of one.
    private JsonElement[] Data(string array)
    {
        JsonElement data = Arrays.GetProperty(array).GetProperty("data");
        return data.ValueKind == JsonValueKind.Array ? [.. data.EnumerateArray()] : [data];
    }
}
