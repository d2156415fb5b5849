using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Xunit;

namespace Sequor.Tests.Training.Checkpoints;

/// <summary>An interrupted run comes to the bits of an undisturbed one.</summary>
public sealed class ResumeTests : IDisposable
{
    private const string EveryStep = "train_fn.checkpoint_every_seconds = 0\n";
    private readonly TemporaryFolder folder = new();
    private readonly SmallRuns runs;

    public ResumeTests() => runs = new SmallRuns(folder);

    public void Dispose()
    {
        runs.Dispose();
        folder.Dispose();
    }

    // Three steps and an evaluation an epoch; the checkpoint of a step comes behind the moment of the kill.
    [Theory]
    [InlineData("")]
    [InlineData(EveryStep)]
    public void A_run_killed_at_any_step_or_evaluation_comes_to_the_same_bits(string settings)
    {
        ExperimentConfig config = SmallRuns.Config(settings);
        runs.Fit(config, "whole");
        int moment = 1;
        for (; runs.FitUntil(moment, config, $"{moment}"); moment++)
        {
            runs.Resume($"{moment}");
            runs.AssertSame("whole", $"{moment}");
        }

        Assert.Equal(3 * 4, moment - 1);
    }

    [Theory]
    [InlineData("train_fn.item_optimizer = 'LazyAdamW'", EvaluationProtocol.Reference)]
    [InlineData("train_fn.item_optimizer = 'PartialRowWiseAdamW'\ntrain_fn.main_module = 'SASRec'", EvaluationProtocol.Validation)]
    [InlineData("train_fn.stochastic_length_alpha = 1.5", EvaluationProtocol.Reference)]
    [InlineData("train_fn.positional_sampling_ratio = 0.6\ntrain_fn.local_batch_tokens = 60", EvaluationProtocol.Reference)]
    [InlineData("train_fn.full_eval_every_n = 2\ntrain_fn.partial_eval_num_iters = 1\ntrain_fn.eval_batch_size = 8", EvaluationProtocol.Validation)]
    [InlineData("train_fn.embedding_module_type = 'features'\ntrain_fn.item_id_dropout_rate = 0.3", EvaluationProtocol.Reference)]
    [InlineData("train_fn.sampling_strategy = 'in-batch'\ntrain_fn.save_ckpt_every_n = 1", EvaluationProtocol.Reference)]
    [InlineData("train_fn.input_preprocessor = 'CombinedItemAndRating'\ntrain_fn.loss_module = 'BCELossWithRatings'", EvaluationProtocol.Validation)]
    [InlineData("train_fn.interaction_module_type = 'MoL'\ncreate_mol_interaction_module.uid_embedding_hash_sizes = [11]\ncreate_mol_interaction_module.softmax_dropout_rate = 0.2\ntrain_fn.loss_weights = {'mi_loss': 0.01}", EvaluationProtocol.Reference)]
    public void So_does_one_of_any_optimizer_sampling_embedding_loss_and_protocol(string settings, EvaluationProtocol protocol)
    {
        ExperimentConfig config = SmallRuns.Config(EveryStep + settings);
        runs.Fit(config, "whole", protocol);
        foreach (int moment in new[] { 2, 5, 7 })
        {
            Assert.True(runs.FitUntil(moment, config, $"{moment}", protocol));
            runs.Resume($"{moment}");
            runs.AssertSame("whole", $"{moment}");
        }
    }

    [Fact]
    public void Early_stopping_counts_the_epochs_before_the_interruption()
    {
        // At a rate that moves nothing no epoch is better than the first.
        ExperimentConfig config = SmallRuns.Config(EveryStep + "train_fn.num_epochs = 20\ntrain_fn.early_stopping_patience = 2\ntrain_fn.learning_rate = 1e-30\ntrain_fn.weight_decay = 0");
        Assert.Equal(3, runs.Fit(config, "whole").Epochs.Count);
        foreach (int moment in new[] { 6, 10, 12 })
        {
            Assert.True(runs.FitUntil(moment, config, $"{moment}"));
            Assert.Equal(3, runs.Resume($"{moment}").Epochs.Count);
            runs.AssertSame("whole", $"{moment}");
        }
    }

    [Fact]
    public void A_run_with_weights_of_another_needs_the_other_no_more()
    {
        ExperimentConfig config = SmallRuns.Config();
        runs.Fit(config, "first");
        runs.Fit(config, "whole", from: runs.Path("first"));
        Assert.True(runs.FitUntil(6, config, "part", from: runs.Path("first")));
        Directory.Delete(runs.Path("first"), recursive: true);
        Assert.Equal("first", runs.Resume("part").InitialModel!.Name);
        runs.AssertSame("whole", "part");
    }

    [Fact]
    public void An_interrupted_run_may_be_killed_again_and_go_on_with_other_threads()
    {
        ExperimentConfig config = SmallRuns.Config(EveryStep);
        runs.Fit(config, "whole");
        Assert.True(runs.FitUntil(3, config, "part"));
        Assert.True(runs.ResumeUntil(1, "part"));
        Assert.True(runs.ResumeUntil(4, "part"));
        runs.Resume("part", threads: 3);
        runs.AssertSame("whole", "part");
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    public void An_interrupted_run_loses_no_step(int moment, int steps)
    {
        ExperimentConfig config = SmallRuns.Config();
        runs.Fit(config, "whole");
        runs.Interrupt(moment, config, "part");
        using (InterruptedRun run = InterruptedRun.Open(runs.Path("part"))) Assert.Equal(steps, run.StepCount);
        runs.Resume("part");
        runs.AssertSame("whole", "part");
    }

    [Fact]
    public void More_epochs_are_those_of_a_run_that_was_to_have_so_many()
    {
        runs.Fit(SmallRuns.Config("train_fn.num_epochs = 5"), "long", EvaluationProtocol.Validation);
        runs.Fit(SmallRuns.Config(), "short", EvaluationProtocol.Validation);
        TrainingResult longer = runs.Resume("short", 1, "train_fn.num_epochs=5");
        Assert.Equal(5, longer.Epochs.Count);
        runs.AssertSame("long", "short");
    }

    [Fact]
    public void Settings_given_once_stay_the_runs_own()
    {
        runs.Fit(SmallRuns.Config("train_fn.num_epochs = 4"), "whole");
        Assert.True(runs.FitUntil(2, SmallRuns.Config(), "part"));
        using (InterruptedRun run = InterruptedRun.Open(runs.Path("part"))) Assert.Equal(4, run.Configuration(["train_fn.num_epochs=4"]).Training.EpochCount);
        Killed("part", "train_fn.num_epochs=4");
        runs.Resume("part");
        runs.AssertSame("whole", "part");

        void Killed(string name, string setting)
        {
            using InterruptedRun run = InterruptedRun.Open(runs.Path(name));
            using var trainer = new Trainer(run.Configuration([setting]), runs.Store, run.Protocol, WorkerPool.Shared);
            Assert.Throws<TimeoutException>(() => trainer.Resume(run, new Bomb(), cancellationToken: TestContext.Current.CancellationToken));
        }
    }

    private sealed class Bomb : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => throw new TimeoutException();
    }
}
