namespace Sequor.Library.Tests;

/// <summary>Where the sources are.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    internal static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        string? place = AppContext.BaseDirectory;
        while (place is not null && !System.IO.File.Exists(Path.Combine(place, "Sequor.slnx"))) place = Path.GetDirectoryName(place);
        return place ?? throw new InvalidOperationException("no Sequor.slnx above the tests");
    }
}
