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
        Finish(Start(ratings, output));
        TimeSpan whole = clock.Elapsed;
        string after = Fingerprint(output);
        File.WriteAllText(folder.File("small.csv"), "user,item,time\na,x,1\n");
        int killed = 0;
        for (int i = 0; i < 8; i++)
        {
            Finish(Start(folder.File("small.csv"), output));
            string before = Fingerprint(output);
            using Process process = Start(ratings, output);
            if (!process.WaitForExit((int)(whole.TotalMilliseconds * (i + 1) / 9))) killed++;
            process.Kill();
            process.WaitForExit();
            Assert.Contains(Fingerprint(output), (string[])[before, after]);
        }

        Assert.True(killed > 0, "every run was over before it could be killed");
        Finish(Start(ratings, output));
        Assert.Equal(after, Fingerprint(output));
        Assert.Equal(["out.sequor", "r.csv", "small.csv"], folder.Names);
    }

    private static string Fingerprint(string path)
    {
        using var store = SequenceStore.Open(path);
        store.Verify(TestContext.Current.CancellationToken);
        return store.Fingerprint;
    }

    // The tool as a process of its own: only that can be killed.
    private static Process Start(string ratings, string output)
    {
        string tool = typeof(CommandLine).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", ["exec", tool, "prepare", ratings, "--user", "user", "--item", "item", "--time", "time", "--out", output])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void Finish(Process process)
    {
        using (process)
        {
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }
}
