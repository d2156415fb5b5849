namespace Sequor.Configuration;

/// <summary>How messages about gin files quote and locate.</summary>
internal static class GinError
{
    private const int LongestQuote = 80;

    /// <summary><c>file:line</c>; an override has no lines.</summary>
    public static string Location(string file, int line) => file == GinReading.OverrideSource ? file : $"{file}:{line}";

    public static InvalidInputException At(string file, int line, string sentence) => new($"{sentence} ({Location(file, line)})");

    /// <summary>The text on one line, cut to a length that a terminal shows, without characters that a terminal obeys.</summary>
    public static string Quote(string text)
    {
        string shown = text.Length > LongestQuote ? string.Concat(text.AsSpan(0, LongestQuote), "…") : text;
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) ? '\uFFFD' : source[i];
        });
    }
}
