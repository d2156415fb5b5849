using System.Diagnostics;
using Sequor.Data;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class KilledPreparationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_preparation_killed_at_any_moment_leaves_the_store_before_or_the_store_after()
    {
        string ratings = folder.Write("r.csv", "user,item,time\n" + string.Concat(Enumerable.Range(0, 400_000).Select(i => $"u{i * 7919L % 40_000},i{i * 104_729L % 9_973},{i}\n")));
        string output = folder.File("out.sequor");
        var clock = Stopwatch.StartNew();
        ToolProcess.Finish(Start(ratings, output));
        TimeSpan whole = clock.Elapsed;
        string after = Fingerprint(output);
        File.WriteAllText(folder.File("small.csv"), "user,item,time\na,x,1\n");
        int killed = 0;
        for (int i = 0; i < 8; i++)
        {
            ToolProcess.Finish(Start(folder.File("small.csv"), output));
            string before = Fingerprint(output);
            using Process process = Start(ratings, output);
            if (!process.WaitForExit((int)(whole.TotalMilliseconds * (i + 1) / 9))) killed++;
            process.Kill();
            process.WaitForExit();
            Assert.Contains(Fingerprint(output), (string[])[before, after]);
        }

        Assert.True(killed > 0, "every run was over before it could be killed");
        ToolProcess.Finish(Start(ratings, output));
        Assert.Equal(after, Fingerprint(output));
        Assert.Equal(["out.sequor", "r.csv", "small.csv"], folder.Names);
    }

    private static string Fingerprint(string path)
    {
        using var store = SequenceStore.Open(path);
        store.Verify(TestContext.Current.CancellationToken);
        return store.Fingerprint;
    }

    private static Process Start(string ratings, string output) =>
        ToolProcess.Start("prepare", ratings, "--user", "user", "--item", "item", "--time", "time", "--out", output);
}
