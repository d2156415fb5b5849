using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>Runs the command line in this process and keeps what it wrote.</summary>
internal sealed record Tool(int ExitCode, string Output, string Error)
{
    public static Tool Run(params string[] arguments) => RunUntil(arguments, TestContext.Current.CancellationToken);

    public static Tool RunUntil(string[] arguments, CancellationToken cancellation)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = CommandLine.Run(arguments, new Terminal(output, error, isInteractive: false, cancellation));
        return new Tool(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Runs what must succeed; its output is one JSON document.</summary>
    public static JsonElement Json(params string[] arguments)
    {
        Tool run = Run([.. arguments, "--json"]);
        Assert.True(run.ExitCode == 0, run.Error);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        return document.RootElement.Clone();
    }

    /// <summary>Runs what must be refused with exit code 2 and one line, which is returned.</summary>
    public static string Refused(params string[] arguments)
    {
        Tool run = Run(arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        string[] lines = run.Error.TrimEnd('\n').Split('\n');
        Assert.True(lines.Length == 1, run.Error);
        Assert.DoesNotContain("   at ", lines[0], StringComparison.Ordinal);
        Assert.NotEqual("", lines[0]);
        return lines[0];
    }

    /// <summary>A small made-up store.</summary>
    public static string Store(TemporaryFolder folder)
    {
        string path = folder.File("small.sequor");
        Tool run = Run("prepare", "synthetic", "--users", "60", "--items-count", "60", "--mean-length", "8", "--out", path);
        Assert.True(run.ExitCode == 0, run.Error);
        return path;
    }
}
