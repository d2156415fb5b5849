using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Storage;
using Sequor.Tests.Storage;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Xunit;

namespace Sequor.Tests.Training.Checkpoints;

/// <summary>A run whose disk is cut off, or full, before any of the steps by which it writes.</summary>
public sealed class PowerCutTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SmallRuns runs;
    private readonly ExperimentConfig config = SmallRuns.Config("train_fn.num_epochs = 2\ntrain_fn.local_batch_size = 20\ntrain_fn.checkpoint_every_seconds = 0\ntrain_fn.eval_interval = 1");

    public PowerCutTests() => runs = new SmallRuns(folder);

    public void Dispose()
    {
        DiskSteps.Watcher = null;
        runs.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Whatever_a_power_cut_leaves_the_run_goes_on_to_the_same_bits()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names are exchanged in one step on Linux only");
        Directory.CreateDirectory(folder.File("disk"));
        string run = folder.File("disk/run");
        var disk = new SimulatedDisk(folder.File("disk"));
        int durable = int.MaxValue;
        DiskSteps.Watcher = (step, path, other) =>
        {
            bool first = durable == int.MaxValue && step == DiskStep.FlushDirectory && path == Path.Combine(run, "checkpoints");
            if (first && Directory.EnumerateDirectories(path, "step-*").Any()) durable = disk.Count;
            disk.Watch(step, path, other);
        };
        runs.Fit(config, "disk/run");
        DiskSteps.Watcher = null;
        Directory.Move(run, runs.Path("whole"));
        int begun = 0, states = 0;
        foreach (var (step, files) in disk.Images)
        {
            if (Directory.Exists(run)) Directory.Delete(run, recursive: true);
            foreach (var (path, content) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, content);
            }

            if (!CanGoOn(run))
            {
                // Only before the first checkpoint may a cut leave nothing to go on with.
                Assert.True(step <= durable, $"nothing to go on with before step {step} of {disk.Count}; the first checkpoint was durable behind {durable}");
                begun++;
                continue;
            }

            states++;
            if (Finish(run)) Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(run, ".*.tmp", SearchOption.AllDirectories), _ => true);
            runs.AssertSame("whole", "disk/run");
        }

        Assert.True(begun > 0 && states > 100, $"{begun} contents before the first checkpoint, {states} behind it");
    }

    [Fact]
    public void A_full_disk_stops_the_run_at_any_step_and_space_lets_it_go_on()
    {
        var count = 0;
        DiskSteps.Watcher = (_, _, _) => count++;
        runs.Fit(config, "whole");
        int resumed = 0;
        for (int k = 0; k < count; k += 11)
        {
            string name = $"full {k}";
            int step = 0;
            DiskSteps.Watcher = (what, path, _) =>
            {
                bool needsSpace = what is DiskStep.Create or DiskStep.Append or DiskStep.Flush;
                if (step++ >= k && needsSpace) throw new IOException($"No space left on device : '{path}'");
            };
            string message = Assert.Throws<InvalidInputException>(() => runs.Fit(config, name)).Message;
            DiskSteps.Watcher = null;
            Assert.Contains("No space left on device", message, StringComparison.Ordinal);
            if (!CanGoOn(runs.Path(name))) continue;
            Assert.EndsWith($"once that is mended, go on with `sequor train --resume {runs.Path(name)}`", message, StringComparison.Ordinal);
            runs.Resume(name);
            runs.AssertSame("whole", name);
            resumed++;
        }

        Assert.True(resumed > 5, $"{resumed} runs could go on");
    }

    private static bool CanGoOn(string run)
    {
        try
        {
            InterruptedRun.Open(run).Dispose();
            return true;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    // Whether there was anything left to do.
    private bool Finish(string path)
    {
        using InterruptedRun run = InterruptedRun.Open(path);
        ExperimentConfig settings = run.Configuration();
        if (run.IsFinished(settings)) return false;
        using var trainer = new Trainer(settings, runs.Store, EvaluationProtocol.Reference, WorkerPool.Shared);
        trainer.Resume(run, cancellationToken: TestContext.Current.CancellationToken);
        return true;
    }
}
