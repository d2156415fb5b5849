using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sequor.Training.Distributed;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>Ranks as processes under Open MPI's launcher.</summary>
public sealed class RankProcessTests(TrainedRun one) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Two_workers_come_to_the_losses_of_one_process()
    {
        RequireOpenMpi();
        string run = folder.File("run");
        using Process process = StartNew(run, "--set", "train_fn.num_epochs=2", "--threads", "1");
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        string[] expected = Metrics(one.Run), actual = Metrics(run);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(Loss(expected[i]), Loss(actual[i]), 1e-5);
        Assert.Contains("2 ranks on", File.ReadAllText(Path.Combine(run, "log.txt")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("STOP", "replicated")]
    [InlineData("KILL", "rows")]
    public void A_lost_rank_ends_the_job_by_name_and_the_run_goes_on_with_other_ranks(string signal, string sharding)
    {
        RequireOpenMpi();
        string run = folder.File("run");
        using Process process = StartNew(run, "--set", "train_fn.num_epochs=1000000", "--set", $"train_fn.embedding_sharding=\"{sharding}\"", "--rank-timeout", "2", "--threads", "1");
        while (!File.Exists(Path.Combine(run, "best", "manifest.json")) && !process.HasExited) Thread.Sleep(50);
        using (Process kill = Process.Start("kill", [$"-{signal}", SecondRank(run).ToString(CultureInfo.InvariantCulture)])) kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("rank 1 on ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("----", error, StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("evaluate", run, "--data", one.Store, "--json").ExitCode);
        int epochs = Metrics(run).Count(line => line.StartsWith("{\"epoch\"", StringComparison.Ordinal)) + 2;
        using Process resumed = Process.Start(ToolProcess.Of("train", "--resume", run, "--set", $"train_fn.num_epochs={epochs}", "--workers", "3", "--threads", "1"))!;
        error = resumed.StandardError.ReadToEnd();
        resumed.WaitForExit();
        Assert.True(resumed.ExitCode == 0, error);
        Assert.True(File.Exists(Path.Combine(run, "last", "manifest.json")));
    }

    [Fact]
    public void An_interrupt_ends_all_ranks_behind_a_checkpoint()
    {
        RequireOpenMpi();
        string run = folder.File("run");
        using Process process = StartNew(run, "--set", "train_fn.num_epochs=1000000", "--threads", "1");
        while (!File.Exists(Path.Combine(run, "best", "manifest.json")) && !process.HasExited) Thread.Sleep(50);
        using (Process terminate = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) terminate.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((130, $"interrupted; go on with `sequor train --resume {run}`\n"), (process.ExitCode, error));
    }

    [Fact]
    public void Without_Open_MPI_a_sentence_says_how_to_install_it()
    {
        ProcessStartInfo start = ToolProcess.Of("train", one.Config, "--data", one.Store, "--out", folder.File("run"), "--workers", "2");
        start.Environment["PATH"] = folder.File("nothing");
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("--workers 2 needs Open MPI's mpirun, which is not there: install it (Debian and Ubuntu: apt install openmpi-bin", error, StringComparison.Ordinal);
    }

    private static void RequireOpenMpi()
    {
        if (MpiProcessGroup.LibraryVersion is null || !File.Exists("/usr/bin/mpirun")) Assert.Skip("Open MPI is not installed");
    }

    private Process StartNew(string run, params string[] arguments) =>
        Process.Start(ToolProcess.Of(["train", one.Config, "--data", one.Store, "--out", run, "--workers", "2", .. arguments]))!;

    private static int SecondRank(string run)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out int id)) continue;
            try
            {
                if (File.ReadAllText(Path.Combine(process, "cmdline")).Contains(run, StringComparison.Ordinal)
                    && File.ReadAllText(Path.Combine(process, "environ")).Contains("OMPI_COMM_WORLD_RANK=1\0", StringComparison.Ordinal)) return id;
            }
            catch (IOException)
            {
                // Gone since the folder was listed.
            }
        }

        throw new InvalidOperationException("no process is rank 1");
    }

    private static string[] Metrics(string run) => File.ReadAllLines(Path.Combine(run, "metrics.jsonl"));

    private static double Loss(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.TryGetProperty("losses/main_loss", out JsonElement loss) ? loss.GetDouble() : document.RootElement.GetProperty("losses/ar_loss").GetDouble();
    }
}
