namespace Sequor.Tests;

/// <summary>A folder that goes away with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sequor-").FullName;

    public string[] Names => [.. Directory.EnumerateFileSystemEntries(Path).Select(entry => System.IO.Path.GetFileName(entry)).Order(StringComparer.Ordinal)];

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a text in Latin-1, as MovieLens does; ASCII is the same in UTF-8.</summary>
    public string Write(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text, System.Text.Encoding.Latin1);
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
