using System.Text.RegularExpressions;
using Xunit;

namespace Sequor.Library.Tests;

/// <summary>
/// C# in the docs is code that was compiled. A block behind a comment that names a file, <c>&lt;!-- from samples/X/Program.cs --&gt;</c>, stands in that
/// file as it is written, but for the indentation of the whole; a line of <c>// …</c> stands for lines that were left out.
/// </summary>
public partial class SnippetTests
{
    private const string Gap = "// …";

    // Pages whose C# must all be taken from samples. Elsewhere only blocks that name their file are checked.
    private static readonly string[] s_strict = ["docs/extending.md", "docs/from-mlnet.md"];

    public static TheoryData<string> Pages() =>
        [.. Directory.EnumerateFiles(Repository.File("docs"), "*.md").Concat(Directory.EnumerateFiles(Repository.File("src"), "PACKAGE.md", SearchOption.AllDirectories))
            .Append(Repository.File("README.md")).Append(Repository.File("samples", "README.md")).Select(path => Path.GetRelativePath(Repository.Root, path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Snippets_stand_in_the_files_that_they_name(string page)
    {
        string text = File.ReadAllText(Repository.File(page)).ReplaceLineEndings("\n");
        foreach (Match block in Block().Matches(text))
        {
            string[] code = block.Groups["code"].Value.TrimEnd('\n').Split('\n');
            if (!block.Groups["file"].Success)
            {
                Assert.False(s_strict.Contains(page), $"{page}: the block that begins with '{code[0]}' names no file; write <!-- from samples/… --> on the line before it");
                continue;
            }

            string file = block.Groups["file"].Value;
            Assert.True(File.Exists(Repository.File(file)), $"{page} takes a block from {file}, which is not there");
            string[] source = File.ReadAllText(Repository.File(file)).ReplaceLineEndings("\n").Split('\n');
            Assert.True(Contains(source, code), $"{page}: the block that begins with '{code[0]}' does not stand in {file}; take it from there anew");
        }
    }

    [Fact]
    public void A_snippet_may_be_indented_and_leave_lines_out_but_say_nothing_else()
    {
        string[] source = ["class C", "{", "    int a;", "", "    int b;", "    int c;", "}"];
        Assert.True(Contains(source, ["int a;", "", "int b;"]));
        Assert.True(Contains(source, ["class C", Gap, "    int c;", "}"]));
        Assert.False(Contains(source, ["int a;", "int b;"]));
        Assert.False(Contains(source, ["int a; // one"]));
        Assert.False(Contains(source, ["int b;", Gap, "int a;"]));
        Assert.False(Contains(source, ["    int a;", "", "int b;"]));
    }

    // Pieces between gaps stand in the source in this order, each of them line by line.
    private static bool Contains(string[] source, string[] code)
    {
        int from = 0;
        List<List<string>> pieces = [[]];
        foreach (string line in code)
            if (line.Trim() == Gap) pieces.Add([]);
            else pieces[^1].Add(line);
        foreach (List<string> piece in pieces.Where(piece => piece.Count > 0))
        {
            int at = Enumerable.Range(from, Math.Max(0, source.Length - piece.Count - from + 1)).FirstOrDefault(at => StandsAt(source, at, piece), -1);
            if (at < 0) return false;
            from = at + piece.Count;
        }

        return true;
    }

    private static bool StandsAt(string[] source, int at, List<string> piece)
    {
        int shift = Indentation(source[at]) - Indentation(piece[0]);
        if (shift < 0) return false;
        string pad = new(' ', shift);
        return piece.Index().All(line => line.Item.Length == 0 ? source[at + line.Index].Length == 0 : source[at + line.Index] == pad + line.Item);
    }

    private static int Indentation(string line) => line.Length - line.TrimStart().Length;

    [GeneratedRegex(@"(?:<!-- from (?<file>\S+) -->\n)?```csharp\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
