using System.Globalization;
using System.Text.Json;
using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Training.Distributed;

namespace Sequor.Training.Checkpoints;

/// <summary>A run on disk that <see cref="Trainer.Resume"/> goes on with: locked, with the newest of its checkpoints that is whole.</summary>
public sealed class InterruptedRun : IDisposable
{
    private readonly List<string> _notices = [];
    private readonly int? _lastEpoch;
    private RunLock? _lock;

    private InterruptedRun(string path, TrainingState state, int? lastEpoch) => (Path, State, _lastEpoch) = (path, state, lastEpoch);

    private InterruptedRun(string path)
    {
        Path = path;
        if (!Directory.Exists(path)) throw new InvalidInputException($"{path} {(File.Exists(path) ? "is a file" : "does not exist")}: name the folder of a run that `sequor train` wrote");
        try
        {
            string checkpoints = RunDirectory.CheckpointsOf(path);
            if (!Directory.Exists(checkpoints))
                throw new InvalidInputException($"{path} holds no run to go on with (checkpoints): name a folder that `sequor train` wrote with --out");
            _lock = RunLock.Take(path);
            (Checkpoint, State) = new CheckpointFolder(checkpoints).Newest(_notices);
            _lastEpoch = EpochOfLast(path);
            if (State.Creator != Trainer.Creator || State.Simd != Simd.Name)
                _notices.Add($"the run was trained by {State.Creator} with {State.Simd} so far, and goes on by {Trainer.Creator} with {Simd.Name}: the last digits may not be those of an uninterrupted run");
        }
        catch (Exception error)
        {
            Dispose();
            if (error is IOException or UnauthorizedAccessException)
                throw new InvalidInputException($"{path} cannot be written: {error.Message.TrimEnd('.')}; a run needs its folder to go on", error);
            throw;
        }
    }

    /// <summary>Folder of the run.</summary>
    public string Path { get; }

    /// <summary>Sentences about checkpoints that are damaged and were passed over, and about another program or machine than before.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Full path of the store that it learned from.</summary>
    public string DataPath => State.DataPath;

    /// <summary>Protocol of its evaluations.</summary>
    public EvaluationProtocol Protocol => State.Protocol;

    /// <summary>Steps behind the checkpoint.</summary>
    public long StepCount => State.Step;

    /// <summary>Epoch that was under way, counted from 0; the number of epochs, where all are over.</summary>
    public int Epoch => State.Epoch.Number;

    /// <summary>The epochs that are over.</summary>
    public IReadOnlyList<EpochResult> Epochs => State.Epochs;

    /// <summary>The best of <see cref="Epochs"/>; null before the first.</summary>
    public EpochResult? Best => State.BestEpoch is { } best ? State.Epochs[best] : null;

    /// <summary>Folder of the checkpoint.</summary>
    internal string Checkpoint { get; } = "";

    /// <summary>Where the run stands.</summary>
    internal TrainingState State { get; } = null!;

    /// <summary>Locks a run and finds where it can go on.</summary>
    /// <exception cref="InvalidInputException">It is no run, another process writes it, or no checkpoint is whole.</exception>
    public static InterruptedRun Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new InterruptedRun(path);
    }

    /// <summary>The same for one of the processes that go on with a run together: the first of them opens it, and the others, who need not reach it, are told.</summary>
    /// <exception cref="InvalidInputException">It is no run, another process writes it, or no checkpoint is whole.</exception>
    /// <exception cref="RankFailureException">The group has broken up.</exception>
    public static InterruptedRun Open(string path, IProcessGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        InterruptedRun? run = group.Rank == 0 ? Open(path) : null;
        string state = Ranks.Give(group, run is null ? null : JsonSerializer.Serialize(run.State, CheckpointJson.Default.TrainingState));
        string last = Ranks.Give(group, run is null ? null : $"{run._lastEpoch}");
        return run ?? new InterruptedRun(
            path,
            JsonSerializer.Deserialize(state, CheckpointJson.Default.TrainingState)!,
            last.Length == 0 ? null : int.Parse(last, CultureInfo.InvariantCulture));
    }

    /// <summary>The settings of the run, with <c>name=value</c> statements that prevail where a run may change its mind: epochs, patience, checkpoints.</summary>
    /// <exception cref="InvalidInputException">A statement is none, or changes results.</exception>
    public ExperimentConfig Configuration(IReadOnlyList<string>? overrides = null)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(State.Configuration, System.IO.Path.Combine(Path, "config.gin"), overrides).Config;
        Check(config);
        return config;
    }

    /// <summary>Refuses another store than the one that the run learned from; where it lies does not matter.</summary>
    /// <exception cref="InvalidInputException">The fingerprints differ.</exception>
    public void RequireSame(SequenceStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Fingerprint != State.DataFingerprint)
            throw new InvalidInputException($"{Path} learned from data of fingerprint {State.DataFingerprint}, and {store.Path} has {store.Fingerprint}: a run goes on only with the same data; name them with --data, or begin a new run with --init-from {Path}");
    }

    /// <summary>Whether nothing is left to do with these settings: all epochs are over and <c>last/</c> stands.</summary>
    public bool IsFinished(ExperimentConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return RunEnd.IsReached(config.Training, State.Epoch, State.BestEpoch) && _lastEpoch == Epoch - 1;
    }

    /// <summary>Lets others in, unless the lock has passed to a trainer.</summary>
    public void Dispose()
    {
        _lock?.Dispose();
        _lock = null;
    }

    /// <summary>Refuses settings with which the run cannot go on.</summary>
    internal void Check(ExperimentConfig config) => ResumableSettings.Check(
        ExperimentConfig.FromGin(State.Configuration, Path).Config, config, State.Epochs.Count + (State.Epoch.Position > 0 ? 1 : 0));

    private static int? EpochOfLast(string path)
    {
        try
        {
            return ArtifactManifest.Read(System.IO.Path.Combine(path, "last")).Epoch;
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    /// <summary>Hands the lock over.</summary>
    internal RunLock TakeLock()
    {
        RunLock taken = _lock ?? throw new InvalidOperationException($"{Path} has been gone on with, or closed");
        _lock = null;
        return taken;
    }
}
