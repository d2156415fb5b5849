using System.Text;
using Sequor.Cli.Load;
using Sequor.Fuzz;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>A short run of the fuzz tool (docs/hostile-input.md has the long ones), and what it found in this project.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string, int> Readers => new(FuzzReaders.Names.Select(name => (name, name switch { "tables" => 30, "histories" => 40, "http" => 100, _ => 300 })));

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_hostile_input_is_read_or_refused_in_words_within_its_memory_and_folder(string reader, int inputs)
    {
        using var workspace = new Workspace();
        using FuzzReader target = FuzzReaders.Make(reader, workspace);
        var run = new FuzzRun(target);
        for (int number = 1; number <= inputs; number++) run.Step((ulong)number);
        // How long an input takes depends on what else this machine does; the long runs look at it.
        run.Findings.Remove("too much time");
        Assert.True(run.Findings.Count == 0, string.Join("\n", run.Findings.Select(finding => $"--reader {reader} --replay {finding.Value.Number}: {finding.Key} {finding.Value.Text}")));
        Assert.NotEqual(0, run.Accepted);
        Assert.True(reader is "http" or "answers" || run.KindsOfRefusal > 0, "nothing was refused");
    }

    [Theory]
    [InlineData("pt", 6298)]
    [InlineData("pt", 127778)]
    [InlineData("archive", 1016311)]
    [InlineData("bodies", 18115)]
    [InlineData("bodies", 25315)]
    public void What_a_long_run_found_stays_mended(string reader, int number)
    {
        using var workspace = new Workspace();
        using FuzzReader target = FuzzReaders.Make(reader, workspace);
        var run = new FuzzRun(target);
        run.Step((ulong)number);
        Assert.True(run.Findings.Count == 0, string.Join("\n", run.Findings));
    }

    [Fact]
    public void Half_letters_in_an_answer_are_no_defect()
    {
        Assert.Equal("{\"detail\":\"\\ud800\"}", Problem.Reason(Encoding.UTF8.GetBytes("{\"detail\":\"\\ud800\"}")));
        Assert.False(ServerTiming.TryRead(Encoding.UTF8.GetBytes("\"timing\":{\"searchMillisec\\ud800\":1}"), out _));
    }
}
