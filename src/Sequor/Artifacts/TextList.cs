namespace Sequor.Artifacts;

/// <summary>Names in a message: the first few, then how many more.</summary>
internal static class TextList
{
    private const int Shown = 8;

    /// <summary>Joins the names with commas.</summary>
    public static string Of(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? $" and {names.Count - Shown} more" : "");
}
