namespace Sequor.Configuration;

/// <summary>
/// Reads gin files (github.com/google/gin-config): bindings, scopes, macros, includes, references and Python literals. It runs no
/// Python: imports are noted and ignored. Malformed text ends in an <see cref="InvalidInputException"/> with file and line.
/// </summary>
public static class GinParser
{
    /// <summary>Reads a file and what it includes.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not gin.</exception>
    public static GinDocument ParseFile(string path) => ParseFile(path, []);

    /// <summary>Reads text; <paramref name="file"/> names it in messages and is where relative includes start.</summary>
    /// <exception cref="InvalidInputException">The text is not gin.</exception>
    public static GinDocument ParseText(string text, string file)
    {
        var reading = new GinReading();
        reading.AddText(text, file);
        return reading.Complete();
    }

    /// <summary>Reads text that may include nothing, then <c>name=value</c> statements that prevail over it; macros see both.</summary>
    internal static GinDocument ParseText(string text, string file, IEnumerable<string> overrides)
    {
        var reading = new GinReading(mayInclude: false);
        reading.AddText(text, file);
        foreach (string statement in overrides) reading.AddOverride(statement);
        return reading.Complete();
    }

    /// <summary>Reads a file, then <c>name=value</c> statements that prevail over it; macros see both.</summary>
    internal static GinDocument ParseFile(string path, IEnumerable<string> overrides)
    {
        var reading = new GinReading();
        reading.AddFile(path);
        foreach (string statement in overrides) reading.AddOverride(statement);
        return reading.Complete();
    }
}
