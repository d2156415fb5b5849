namespace Sequor.Retrieval;

/// <summary>What precisions are called in artefacts and on the command line: <c>float32</c>, <c>bfloat16</c>, <c>int8</c>.</summary>
public static class IndexPrecisionNames
{
    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<IndexPrecision>().Select(Of)];

    /// <summary>The name of a precision.</summary>
    public static string Of(IndexPrecision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string name, out IndexPrecision precision) => Enum.TryParse(name, ignoreCase: true, out precision) && All.Contains(name);
}
