using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Sequor.Tests;

/// <summary>Holds the source to the table of docs/architecture.md.</summary>
public partial class ArchitectureTests
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    [Fact]
    public void Every_folder_uses_only_what_the_table_allows()
    {
        Dictionary<string, HashSet<string>> allowed = Table();
        List<string> broken = [];
        foreach (var (folder, path) in Folders())
        {
            if (!allowed.TryGetValue(folder, out HashSet<string>? mayUse))
            {
                broken.Add($"{folder} has no row in docs/architecture.md");
                continue;
            }
            string self = folder.Replace("Sequor.", "", StringComparison.Ordinal);
            foreach (string file in Sources(path))
                foreach (string line in File.ReadLines(file))
                    if (Using().Match(line) is { Success: true } match && match.Groups[1].Value is var used && used != self && !mayUse.Contains(used))
                        broken.Add($"{Path.GetRelativePath(s_root, file)} uses Sequor.{used}; the table allows {folder}: {string.Join(", ", mayUse)}");
        }
        Assert.True(broken.Count == 0, string.Join(Environment.NewLine, broken));
    }

    [Fact]
    public void Files_of_the_library_declare_the_namespace_of_their_folder()
    {
        foreach (var (folder, path) in Folders())
        {
            string expected = folder.StartsWith("Sequor.", StringComparison.Ordinal) ? folder : "Sequor." + folder;
            foreach (string file in Sources(path))
                foreach (string line in File.ReadLines(file))
                    if (line.StartsWith("namespace ", StringComparison.Ordinal))
                        Assert.True(line[10..].TrimEnd(';') is var name && (name == expected || name.StartsWith(expected + ".", StringComparison.Ordinal)), $"{file}: {line}");
        }
    }

    private static Dictionary<string, HashSet<string>> Table()
    {
        var rows = new Dictionary<string, HashSet<string>>();
        foreach (string line in File.ReadLines(Path.Combine(s_root, "docs", "architecture.md")))
        {
            if (!line.StartsWith('|') || line.StartsWith("| folder", StringComparison.Ordinal) || line.StartsWith("|--", StringComparison.Ordinal)) continue;
            string[] cells = line.Trim('|').Split('|', StringSplitOptions.TrimEntries);
            rows.Add(cells[0], [.. cells[1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]);
        }
        Assert.NotEmpty(rows);
        return rows;
    }

    // The library folder by folder, every other project as one.
    private static IEnumerable<(string Name, string Path)> Folders()
    {
        foreach (string project in Directory.EnumerateDirectories(Path.Combine(s_root, "src")))
        {
            if (Path.GetFileName(project) != "Sequor") yield return (Path.GetFileName(project), project);
            else
                foreach (string folder in Directory.EnumerateDirectories(project))
                    if (Sources(folder).Any()) yield return (Path.GetFileName(folder), folder);
        }
    }

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories);

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^\s*(?:global )?using (?:static )?(?:\w+ = )?Sequor\.(\w+)")]
    private static partial Regex Using();
}
