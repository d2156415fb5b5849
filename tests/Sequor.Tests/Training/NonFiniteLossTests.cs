using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Tests.Training.Checkpoints;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Xunit;

namespace Sequor.Tests.Training;

public sealed class NonFiniteLossTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SmallRuns runs;

    public NonFiniteLossTests() => runs = new SmallRuns(folder);

    public void Dispose()
    {
        runs.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("get_sequential_encoder.activation_checkpoint = True")]
    public void The_place_the_users_and_the_largest_numbers_are_named(string settings)
    {
        using var workers = new WorkerPool(1);
        using var trainer = new Trainer(SmallRuns.Config(settings), runs.Store, EvaluationProtocol.Reference, workers);
        Parameter output = trainer.Model.Parameters.First(parameter => parameter.Name.EndsWith("_o.weight", StringComparison.Ordinal));
        output.Value[1].Fill(float.PositiveInfinity);
        string message = Assert.Throws<InvalidInputException>(() => trainer.Step(Batch(2, 3, 7, 9))).Message;
        Assert.StartsWith("the loss became NaN in step 0, on the users 'user 2', 'user 3', 'user 7' and 1 more (4 of 4 with states that are no numbers)", message, StringComparison.Ordinal);
        Assert.Contains($"weights that are no numbers since a step before: {output.Name};", message, StringComparison.Ordinal);
        Assert.Contains($"numbers are lost first at {output.Name} (", message, StringComparison.Ordinal);
        Assert.Matches(@"; largest activations: [0-9.E+-]+ at \S.*, [0-9.E+-]+ at \S.*, [0-9.E+-]+ at ", message);
        Assert.Contains("lower train_fn.learning_rate = 0.01", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_users_whose_own_numbers_are_lost_come_first()
    {
        using var workers = new WorkerPool(1);
        using var trainer = new Trainer(SmallRuns.Config(), runs.Store, EvaluationProtocol.Reference, workers);
        // Only user 9 of these has seen the item.
        int item = Histories(9).Except(Histories(2).Concat(Histories(3)).Concat(Histories(7))).First();
        trainer.Model.Items.Value[item][0] = float.NaN;
        string message = Assert.Throws<InvalidInputException>(() => trainer.Step(Batch(2, 3, 7, 9))).Message;
        Assert.Contains("on the users 'user 9', 'user 2', 'user 3' and 1 more (1 of 4 with states that are no numbers)", message, StringComparison.Ordinal);

        IEnumerable<int> Histories(int user) => runs.Store[user].Items.ToArray()[..^2];
    }

    [Fact]
    public void A_run_that_diverges_stops_and_keeps_a_checkpoint_to_go_on_from()
    {
        // The first step throws the weights out of all range; the second one loses them.
        ExperimentConfig config = SmallRuns.Config("train_fn.learning_rate = 3e38\ntrain_fn.num_warmup_steps = 0\ntrain_fn.checkpoint_every_seconds = 0");
        string message = Assert.Throws<InvalidInputException>(() => runs.Fit(config, "run")).Message;
        Assert.Contains("--set train_fn.learning_rate=RATE --out NEW`", message, StringComparison.Ordinal);
        Assert.Contains("is from before this step and whole", message, StringComparison.Ordinal);
        using InterruptedRun run = InterruptedRun.Open(runs.Path("run"));
        Assert.Empty(run.Notices);
        using var workers = new WorkerPool(1);
        using var trainer = new Trainer(run.Configuration(), runs.Store, run.Protocol, workers);
        Assert.Throws<InvalidInputException>(() => trainer.Resume(run, cancellationToken: TestContext.Current.CancellationToken));
        Assert.All(trainer.Model.Parameters, parameter => Assert.NotEmpty(parameter.Name));
    }

    [Fact]
    public void A_run_that_has_a_model_says_how_to_go_on_from_it()
    {
        ExperimentConfig config = SmallRuns.Config("train_fn.num_epochs = 1\ntrain_fn.checkpoint_every_seconds = 0");
        runs.Fit(config, "run");
        string best = Path.Combine(runs.Path("run"), "best");
        using (var workers = new WorkerPool(1))
        using (InterruptedRun run = InterruptedRun.Open(runs.Path("run")))
        using (var trainer = new Trainer(run.Configuration(["train_fn.num_epochs=2"]), runs.Store, run.Protocol, workers))
        {
            // What a checkpoint holds cannot be spoilt, so the step is: its loss is lost behind the first batch of the second epoch.
            string message = Assert.Throws<InvalidInputException>(() => trainer.Resume(run, new Spoiler(trainer.Model), cancellationToken: TestContext.Current.CancellationToken)).Message;
            Assert.Contains($"--set train_fn.learning_rate=RATE --init-from {runs.Path("run")} --out NEW`", message, StringComparison.Ordinal);
        }

        using ModelArtifact kept = ModelArtifact.Load(best);
        Assert.Null(NonFiniteLoss.FirstIn([.. kept.Model.Parameters.Select(parameter => new CheckpointTensor(parameter.Name, parameter.Value))]));
        using InterruptedRun again = InterruptedRun.Open(runs.Path("run"));
        Assert.Empty(again.Notices);
        runs.Fit(SmallRuns.Config("train_fn.num_epochs = 1\ntrain_fn.learning_rate = 1e-3"), "new", from: runs.Path("run"));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Every_place_of_a_tensor_is_looked_at(float lost)
    {
        for (int at = 0; at < 19; at++)
        {
            using var parameter = new Parameter("w", [1, 19]);
            parameter.Value[0].Fill(float.MaxValue);
            Assert.Null(NonFiniteLoss.FirstIn([new("w", parameter.Value)]));
            parameter.Value[0][at] = lost;
            Assert.Equal("w", NonFiniteLoss.FirstIn([new("w", parameter.Value)]));
        }
    }

    private SequenceBatch Batch(params int[] users)
    {
        var batch = new SequenceBatch();
        batch.Clear();
        var view = LeaveOneOut.Train(runs.Store, EvaluationProtocol.Reference, 12);
        foreach (int user in users)
        {
            LeaveOneOutExample example = view.Get(user);
            batch.Add(user, example.History, example.TargetItem, example.TargetTimestamp, example.TargetRating);
            batch.Identify(runs.Store.UserKey(user));
        }

        return batch;
    }

    private sealed class Spoiler(RecommenderModel model) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => model.Items.Value[1].Fill(float.NaN);
    }
}
