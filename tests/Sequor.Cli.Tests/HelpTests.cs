using Xunit;

namespace Sequor.Cli.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("prepare")]
    [InlineData("append")]
    [InlineData("inspect")]
    [InlineData("import")]
    [InlineData("export")]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("compare")]
    [InlineData("report")]
    [InlineData("recommend")]
    [InlineData("index")]
    [InlineData("serve")]
    [InlineData("quickstart")]
    [InlineData("load")]
    [InlineData("health")]
    [InlineData("bench")]
    [InlineData("doctor")]
    public void Help_of_every_command_shows_an_example(string command)
    {
        Tool help = Tool.Run(command, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Example", help.Output, StringComparison.Ordinal);
        Assert.Contains($"  sequor {command}", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_arguments_the_commands_are_listed_one_a_line()
    {
        Tool help = Tool.Run();
        Assert.Equal(0, help.ExitCode);
        foreach (string command in new[] { "prepare", "append", "inspect", "import", "export", "train", "evaluate", "compare", "report", "recommend", "index", "serve", "quickstart", "load", "health", "bench", "doctor" })
        {
            Assert.Single(help.Output.Split('\n'), line => line.StartsWith($"  {command} ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_doctor_names_vectors_and_DuckDB()
    {
        var report = Tool.Json("doctor");
        Assert.True(report.GetProperty("vectorWidth").GetInt32() is 4 or 8 or 16);
        Assert.False(string.IsNullOrEmpty(report.GetProperty("duckdb").GetString()));
    }
}
