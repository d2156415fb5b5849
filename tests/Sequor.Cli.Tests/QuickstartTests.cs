using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class QuickstartTests
{
    [Fact]
    public void The_quickstart_beats_popularity_recommends_titles_and_names_the_next_command()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("demo");
        JsonElement result = Tool.Json("quickstart", "--out", output), report = result.GetProperty("evaluation");
        Assert.True(report.GetProperty("hr@10").GetDouble() > 5 * report.GetProperty("popularity").GetProperty("hr@10").GetDouble());
        Assert.Equal(10, result.GetProperty("recommendations").GetArrayLength());
        Assert.All(result.GetProperty("recommendations").EnumerateArray(), item => Assert.NotEqual("", item.GetProperty("title").GetString()));

        string[] next = result.GetProperty("next").GetString()!.Split(' ');
        Assert.Equal("sequor", next[0]);
        Assert.Equal(0, Tool.Run(next[1..]).ExitCode);

        Assert.Contains("holds a run", Tool.Refused("quickstart", "--out", output), StringComparison.Ordinal);
    }
}
