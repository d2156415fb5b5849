using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Tests.Data;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Xunit;

namespace Sequor.Tests.Training.Checkpoints;

/// <summary>What a run refuses to go on with, and what it survives.</summary>
public sealed class ResumeRefusalTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SmallRuns runs;
    private readonly ExperimentConfig config = SmallRuns.Config("train_fn.checkpoint_every_seconds = 0");

    public ResumeRefusalTests() => runs = new SmallRuns(folder);

    public void Dispose()
    {
        runs.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Settings_that_change_results_are_refused_with_both_values()
    {
        Assert.True(runs.FitUntil(6, config, "run"));
        string message = Refused("train_fn.learning_rate=0.5", "train_fn.num_epochs=9");
        Assert.Contains("train_fn.learning_rate (0.01 before, 0.5 now)", message, StringComparison.Ordinal);
        Assert.DoesNotContain("num_epochs (", message, StringComparison.Ordinal);
        Assert.Contains("train_fn.num_epochs = 1 must be at least 2", Refused("train_fn.num_epochs=1"), StringComparison.Ordinal);
        Assert.StartsWith("train_fn.nonsense is not a setting", Refused("train_fn.nonsense=1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_data_are_refused_by_both_fingerprints_and_moved_data_are_not()
    {
        Assert.True(runs.FitUntil(2, config, "run"));
        using var other = SequenceStore.Open(SmallStore.Write(folder.File("other"), [9, 8, 7], itemCount: 40));
        using InterruptedRun run = InterruptedRun.Open(runs.Path("run"));
        string message = Assert.Throws<InvalidInputException>(() => run.RequireSame(other)).Message;
        Assert.Contains(runs.Store.Fingerprint, message, StringComparison.Ordinal);
        Assert.Contains(other.Fingerprint, message, StringComparison.Ordinal);
        Assert.Equal(folder.File("s"), run.DataPath);
        File.Copy(folder.File("s"), folder.File("moved"));
        using var moved = SequenceStore.Open(folder.File("moved"));
        run.RequireSame(moved);
    }

    [Fact]
    public void A_run_in_use_is_refused_and_a_lock_file_that_was_left_is_not()
    {
        Assert.True(runs.FitUntil(2, config, "run"));
        Assert.True(File.Exists(Path.Combine(runs.Path("run"), ".lock")));
        using (InterruptedRun.Open(runs.Path("run")))
            Assert.Contains("is in use by another process", Assert.Throws<InvalidInputException>(() => InterruptedRun.Open(runs.Path("run"))).Message, StringComparison.Ordinal);
        using var trainer = new Trainer(config, runs.Store, EvaluationProtocol.Reference, WorkerPool.Shared);
        var inside = new Visitor(() => InterruptedRun.Open(runs.Path("new")));
        Assert.Contains("is in use", Assert.Throws<InvalidInputException>(() => trainer.Fit(runs.Path("new"), inside, cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        InterruptedRun.Open(runs.Path("new")).Dispose();
    }

    [Fact]
    public void A_finished_run_says_so_and_its_folder_stays_as_it_was()
    {
        runs.Fit(config, "run", EvaluationProtocol.Validation);
        Dictionary<string, DateTime> before = Times();
        using (InterruptedRun run = InterruptedRun.Open(runs.Path("run")))
        {
            Assert.True(run.IsFinished(run.Configuration()));
            Assert.False(run.IsFinished(run.Configuration(["train_fn.num_epochs=4"])));
        }

        Assert.Equal(before, Times());
        // Ended between the last checkpoint and the last model, it is not finished.
        Directory.Delete(Path.Combine(runs.Path("run"), "last"), recursive: true);
        string[] metrics = runs.Metrics("run");
        using (InterruptedRun run = InterruptedRun.Open(runs.Path("run"))) Assert.False(run.IsFinished(run.Configuration()));
        runs.Resume("run");
        Assert.Equal(metrics, runs.Metrics("run"));

        Dictionary<string, DateTime> Times() => Directory.EnumerateFileSystemEntries(runs.Path("run"), "*", SearchOption.AllDirectories).ToDictionary(path => path, File.GetLastWriteTimeUtc);
    }

    [Fact]
    public void An_existing_run_is_not_overwritten_and_the_refusal_says_how_to_go_on()
    {
        Assert.True(runs.FitUntil(2, config, "run"));
        Assert.Contains($"sequor train --resume {runs.Path("run")}", Assert.Throws<InvalidInputException>(() => runs.Fit(config, "run")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state.safetensors", 3)]
    [InlineData("state.safetensors", 100)]
    [InlineData("state.safetensors", -1)]
    [InlineData("checkpoint.json", 30)]
    public void A_flipped_bit_anywhere_is_found_and_the_checkpoint_before_is_used(string file, int at)
    {
        Damaged(newest => Flip(Path.Combine(newest, file), at));
    }

    [Fact]
    public void So_are_a_cut_file_and_a_missing_part()
    {
        Damaged(newest => Cut(Path.Combine(newest, "state.safetensors"), 0.7));
        Damaged(newest => Cut(Path.Combine(newest, "checkpoint.json"), 0));
        Damaged(newest => File.Delete(Path.Combine(newest, "state.safetensors")));
        Damaged(newest => File.Delete(Path.Combine(newest, "checkpoint.json")));
    }

    [Fact]
    public void Without_a_whole_checkpoint_one_sentence_says_so()
    {
        Assert.True(runs.FitUntil(6, config, "run"));
        foreach (string checkpoint in Checkpoints("run")) Flip(Path.Combine(checkpoint, "state.safetensors"), 200);
        string message = Assert.Throws<InvalidInputException>(() => InterruptedRun.Open(runs.Path("run"))).Message;
        Assert.StartsWith("none of the 2 checkpoints", message, StringComparison.Ordinal);
        foreach (string checkpoint in Checkpoints("run")) Directory.Delete(checkpoint, recursive: true);
        Assert.Contains("holds no checkpoint", Assert.Throws<InvalidInputException>(() => InterruptedRun.Open(runs.Path("run"))).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<InvalidInputException>(() => InterruptedRun.Open(runs.Path("none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_best_model_is_refused_in_the_middle_of_an_epoch_and_written_again_at_its_end()
    {
        runs.Fit(config, "whole");
        Assert.True(runs.FitUntil(7, config, "run"));
        string best = Path.Combine(runs.Path("run"), "best");
        Directory.Move(best, best + "-aside");
        Assert.Contains("the best model of the run, that of epoch 0, is lost", Assert.Throws<InvalidInputException>(() => runs.Resume("run")).Message, StringComparison.Ordinal);
        Directory.Move(best + "-aside", best);
        runs.Resume("run");
        runs.AssertSame("whole", "run");

        // Killed in the step behind an epoch, whose end is the newest checkpoint.
        Assert.True(runs.FitUntil(5, config, "end"));
        Directory.Delete(Path.Combine(runs.Path("end"), "best"), recursive: true);
        runs.Resume("end");
        runs.AssertSame("whole", "end");
    }

    [Fact]
    public void Lines_behind_the_checkpoint_and_half_a_line_are_taken_away_and_lost_ones_are_told_of()
    {
        runs.Fit(config, "whole");
        Assert.True(runs.FitUntil(6, config, "run"));
        string metrics = Path.Combine(runs.Path("run"), "metrics.jsonl"), log = Path.Combine(runs.Path("run"), "log.txt");
        File.AppendAllText(metrics, "{\"step\":99}\n{\"step\":10");
        File.AppendAllText(log, "2026-01-01 nothing that the chec");
        runs.Resume("run");
        runs.AssertSame("whole", "run");
        Assert.DoesNotContain("nothing that", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.Contains("goes on behind step 4, ", File.ReadAllText(log), StringComparison.Ordinal);

        Assert.True(runs.FitUntil(6, config, "short"));
        File.WriteAllText(Path.Combine(runs.Path("short"), "metrics.jsonl"), "");
        runs.Resume("short");
        Assert.Contains("metrics.jsonl has lost lines", File.ReadAllText(Path.Combine(runs.Path("short"), "log.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_checkpoints_are_kept_as_many_as_asked()
    {
        Assert.True(runs.FitUntil(6, config with { Training = config.Training with { CheckpointsKept = 3 } }, "run"));
        Assert.Equal(["step-0000000002", "step-0000000003", "step-0000000004"], Checkpoints("run").Select(Path.GetFileName));
    }

    private void Damaged(Action<string> damage)
    {
        string name = Guid.NewGuid().ToString("N");
        if (!Directory.Exists(runs.Path("whole"))) runs.Fit(config, "whole");
        Assert.True(runs.FitUntil(6, config, name));
        damage(Checkpoints(name)[^1]);
        using (InterruptedRun run = InterruptedRun.Open(runs.Path(name)))
        {
            Assert.Equal(3, run.StepCount);
            Assert.StartsWith("the checkpoint step-0000000004 is damaged and passed over: ", Assert.Single(run.Notices), StringComparison.Ordinal);
        }

        // Damaged ones do not stay in the way of those that are written now, nor count among those that are kept.
        runs.ResumeUntil(1, name);
        Assert.All(Checkpoints(name), checkpoint => Checkpoint.Verify(checkpoint));
        runs.Resume(name);
        runs.AssertSame("whole", name);
    }

    private string[] Checkpoints(string name) => [.. Directory.EnumerateDirectories(Path.Combine(runs.Path(name), "checkpoints")).Order(StringComparer.Ordinal)];

    private string Refused(params string[] overrides)
    {
        using InterruptedRun run = InterruptedRun.Open(runs.Path("run"));
        return Assert.Throws<InvalidInputException>(() => run.Configuration(overrides)).Message;
    }

    private static void Flip(string file, int at)
    {
        byte[] bytes = File.ReadAllBytes(file);
        bytes[at < 0 ? bytes.Length + at : at] ^= 4;
        File.WriteAllBytes(file, bytes);
    }

    private static void Cut(string file, double share)
    {
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..(int)(share * bytes.Length)]);
    }

    private sealed class Visitor(Action visit) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => visit();
    }
}
