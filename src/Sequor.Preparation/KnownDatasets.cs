namespace Sequor.Preparation;

/// <summary>Data sets that need no columns to be named; one line registers one.</summary>
public static class KnownDatasets
{
    private static readonly Dictionary<string, Func<string, DatasetSource>> Sources = new()
    {
        ["ml-100k"] = path => new MovieLens100KSource(path),
        ["ml-1m"] = path => new MovieLens1MSource(path),
    };

    /// <summary>The names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Sources.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The source of that name over a folder or file.</summary>
    /// <exception cref="InvalidInputException">No data set has this name.</exception>
    public static DatasetSource Create(string name, string path) => Sources.TryGetValue(name, out var create)
        ? create(path)
        : throw new InvalidInputException($"data set '{name}' is not known; known are {string.Join(", ", Names)}; name the columns to prepare any other file");
}
