using System.Text;
using Sequor.Configuration;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>Every command that a document shows is one that the tool takes: names of commands, options and settings, and the experiment files of the project.</summary>
public sealed class DocumentedCommandsTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Commands()
    {
        string root = ReadmeTests.Root();
        string[] documents = [Path.Combine(root, "README.md"), Path.Combine(root, "CONTRIBUTING.md"), .. Directory.GetFiles(Path.Combine(root, "docs"), "*.md").Order()];
        return documents.SelectMany(document => Shown(document).Select(command => new TheoryDataRow<string, string>(Path.GetRelativePath(root, document), command)));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_tool_takes_it(string document, string command)
    {
        string[] arguments = Words(command);
        using var output = new StringWriter();
        IReadOnlyList<string> errors = CommandLine.Check(arguments, new Terminal(output, output, isInteractive: false, TestContext.Current.CancellationToken));
        Assert.True(errors.Count == 0, $"{document}: {command}\n{string.Join('\n', errors)}");
        string[] set = [.. arguments.Zip(arguments.Skip(1)).Where(pair => pair.First == "--set").Select(pair => pair.Second)];
        foreach (string config in arguments.Where(argument => argument.StartsWith("configs/", StringComparison.Ordinal)))
            ExperimentConfig.Load(Path.Combine(ReadmeTests.Root(), config), set);
    }

    [Fact]
    public void Words_are_the_shell_s()
    {
        Assert.Equal(["a", "b c", "x=\"rows\"", "d"], Words("sequor a 'b c' --set 'x=\"rows\"' d # e".Replace("--set ", "", StringComparison.Ordinal)));
        Assert.Equal(["prepare", "logs/*.gz"], Words("sequor prepare 'logs/*.gz' > out.txt"));
    }

    // Lines of fenced blocks that begin with the tool, also behind a launcher or another command; a backslash goes on with the next line.
    private static IEnumerable<string> Shown(string document)
    {
        bool fenced = false;
        var whole = new StringBuilder();
        foreach (string line in File.ReadLines(document))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) fenced = !fenced;
            else if (fenced && line.EndsWith('\\')) whole.Append(line, 0, line.Length - 1);
            else if (fenced)
            {
                foreach (string part in whole.Append(line).ToString().Split("&&", StringSplitOptions.TrimEntries))
                    if (part.StartsWith("sequor ", StringComparison.Ordinal)) yield return part;
                    else if (part.StartsWith("mpirun ", StringComparison.Ordinal) && part.IndexOf(" sequor ", StringComparison.Ordinal) is > 0 and int at) yield return part[(at + 1)..];
                whole.Clear();
            }
        }
    }

    // Behind the name of the tool, up to a remark or an operator of the shell.
    private static string[] Words(string command)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        char quote = '\0';
        foreach (char c in command["sequor ".Length..] + " ")
        {
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word!.Append(c);
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                word ??= new StringBuilder();
            }
            else if (c == ' ')
            {
                if (word is null) continue;
                words.Add(word.ToString());
                word = null;
            }
            else if (word is null && c is '#' or '|' or '>' or '&' or ';') break;
            else (word ??= new StringBuilder()).Append(c);
        }

        return [.. words];
    }
}
