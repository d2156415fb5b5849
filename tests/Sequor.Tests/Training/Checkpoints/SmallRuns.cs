using System.Text.Json;
using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Tests.Data;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Xunit;

namespace Sequor.Tests.Training.Checkpoints;

/// <summary>Runs of a few steps that can be ended at any moment, and compared.</summary>
internal sealed class SmallRuns : IDisposable
{
    // 33 usable users in batches of 16 are three steps an epoch.
    private const int Users = 34;
    private readonly TemporaryFolder _folder;

    internal SmallRuns(TemporaryFolder folder)
    {
        _folder = folder;
        int[] lengths = [.. Enumerable.Range(0, Users).Select(user => user == 5 ? 2 : 4 + 3 * user % 14)];
        Store = SequenceStore.Open(SmallStore.Write(folder.File("s"), lengths, itemCount: 40, attributes: true));
    }

    internal SequenceStore Store { get; }

    internal static ExperimentConfig Config(string settings = "") => ExperimentConfig.FromGin("""
        train_fn.main_module = 'HSTU'
        hstu_encoder.num_blocks = 1
        hstu_encoder.dqk = 8
        hstu_encoder.dv = 8
        train_fn.item_embedding_dim = 8
        train_fn.max_sequence_length = 12
        train_fn.num_negatives = 6
        train_fn.local_batch_size = 16
        train_fn.learning_rate = 1e-2
        train_fn.num_warmup_steps = 4
        train_fn.num_epochs = 3
        train_fn.eval_interval = 2

        """ + settings, "test").Config;

    internal string Path(string name) => _folder.File(name);

    /// <summary>Trains undisturbed.</summary>
    internal TrainingResult Fit(ExperimentConfig config, string name, EvaluationProtocol protocol = EvaluationProtocol.Reference, string? from = null) =>
        Begin(config, name, protocol, from, null)!;

    /// <summary>Trains up to a moment (a step or an evaluated batch; they are counted from 1) and stops there as a killed process does; true if it came so far.</summary>
    internal bool FitUntil(int moment, ExperimentConfig config, string name, EvaluationProtocol protocol = EvaluationProtocol.Reference, string? from = null) =>
        Begin(config, name, protocol, from, new Killer(moment)) is null;

    /// <summary>Trains until it is interrupted at a moment, in good order.</summary>
    internal void Interrupt(int moment, ExperimentConfig config, string name)
    {
        using var workers = new WorkerPool(1);
        using var cancellation = new CancellationTokenSource();
        using var trainer = new Trainer(config, Store, EvaluationProtocol.Reference, workers);
        Assert.Throws<OperationCanceledException>(() => trainer.Fit(Path(name), new Canceller(moment, cancellation), cancellationToken: cancellation.Token));
    }

    /// <summary>Goes on to the end.</summary>
    internal TrainingResult Resume(string name, int threads = 1, params string[] overrides) => Continue(name, threads, null, overrides)!;

    /// <summary>Goes on up to a moment and is killed there.</summary>
    internal bool ResumeUntil(int moment, string name) => Continue(name, 1, new Killer(moment), []) is null;

    /// <summary>Asserts that two runs left the same bits: models, settings, metrics; of the latter all but the times.</summary>
    internal void AssertSame(string expected, string actual)
    {
        foreach (string model in new[] { "best", "last" })
            foreach (string file in new[] { ModelArtifact.WeightsFileName, ArtifactManifest.FileName })
                Assert.Equal(File.ReadAllBytes(System.IO.Path.Combine(Path(expected), model, file)), File.ReadAllBytes(System.IO.Path.Combine(Path(actual), model, file)));
        Assert.Equal(File.ReadAllText(System.IO.Path.Combine(Path(expected), "config.gin")), File.ReadAllText(System.IO.Path.Combine(Path(actual), "config.gin")));
        Assert.Equal(Metrics(expected), Metrics(actual));
    }

    /// <summary>The lines of metrics.jsonl without their times.</summary>
    internal string[] Metrics(string name) => [.. File.ReadLines(System.IO.Path.Combine(Path(name), "metrics.jsonl")).Select(line =>
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return string.Join(' ', document.RootElement.EnumerateObject().Where(property => !property.Name.EndsWith("_seconds", StringComparison.Ordinal)));
    })];

    public void Dispose() => Store.Dispose();

    private TrainingResult? Begin(ExperimentConfig config, string name, EvaluationProtocol protocol, string? from, Killer? killer)
    {
        using var workers = new WorkerPool(1);
        using var trainer = new Trainer(config, Store, protocol, workers, from);
        return Alive(() => trainer.Fit(Path(name), killer, cancellationToken: TestContext.Current.CancellationToken));
    }

    private TrainingResult? Continue(string name, int threads, Killer? killer, string[] overrides)
    {
        using InterruptedRun run = InterruptedRun.Open(Path(name));
        using var workers = new WorkerPool(threads);
        using var trainer = new Trainer(run.Configuration(overrides), Store, run.Protocol, workers);
        return Alive(() => trainer.Resume(run, killer, cancellationToken: TestContext.Current.CancellationToken));
    }

    private static TrainingResult? Alive(Func<TrainingResult> train)
    {
        try
        {
            return train();
        }
        catch (KilledException)
        {
            return null;
        }
    }

    // What a killed process does not do, this does not do either: only a cancelled run writes a checkpoint on its way out.
    private sealed class Killer(int moment) : IProgress<TrainingProgress>
    {
        private int _count;

        public void Report(TrainingProgress value)
        {
            if (++_count == moment) throw new KilledException();
        }
    }

    private sealed class Canceller(int moment, CancellationTokenSource cancellation) : IProgress<TrainingProgress>
    {
        private int _count;

        public void Report(TrainingProgress value)
        {
            if (++_count == moment) cancellation.Cancel();
        }
    }

    private sealed class KilledException : Exception;
}
