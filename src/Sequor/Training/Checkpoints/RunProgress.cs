using System.Diagnostics;
using Sequor.Autograd;

namespace Sequor.Training.Checkpoints;

/// <summary>Where a run stands, in memory and in its checkpoints.</summary>
internal sealed class RunProgress
{
    // A checkpoint takes at most a fiftieth of the time.
    private const int LeastWorkPerCost = 50;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly RunDirectory _run;
    private readonly TrainingConfig _config;
    private readonly IReadOnlyList<KeyValuePair<string, Matrix>> _tensors;
    private readonly CheckpointFolder _checkpoints;
    private readonly List<EpochResult> _epochs;
    private readonly TrainingState _start;
    private EpochState _epoch;
    private TimeSpan _written, _cost;

    /// <summary>A run that begins, or goes on, at a state; checkpoints behind it go.</summary>
    internal RunProgress(RunDirectory run, TrainingConfig config, TrainingState start, IReadOnlyList<KeyValuePair<string, Matrix>> tensors)
    {
        (_run, _config, _start, _tensors) = (run, config, start, tensors);
        _checkpoints = new CheckpointFolder(RunDirectory.CheckpointsOf(run.Path));
        (_epoch, BestEpoch) = (start.Epoch, start.BestEpoch);
        _epochs = [.. start.Epochs];
        _checkpoints.RemoveBehind(start.Step);
    }

    /// <summary>The epoch that is under way.</summary>
    internal EpochState Epoch => _epoch;

    /// <summary>The epochs that are over.</summary>
    internal IReadOnlyList<EpochResult> Epochs => _epochs;

    /// <summary>The best of them.</summary>
    internal int? BestEpoch { get; private set; }

    /// <summary>Wall time of the whole run.</summary>
    internal TimeSpan Elapsed => _start.Elapsed + _watch.Elapsed;

    /// <summary>Whether anything happened since the last checkpoint.</summary>
    internal bool IsAhead { get; private set; }

    /// <summary>Whether the next checkpoint within an epoch is due.</summary>
    internal bool IsDue => _config.CheckpointSeconds == 0
        || _watch.Elapsed - _written >= TimeSpan.FromSeconds(Math.Max(_config.CheckpointSeconds, LeastWorkPerCost * _cost.TotalSeconds));

    /// <summary>Takes a step in.</summary>
    internal void Add(double loss, int users, int tokens, int position, TimeSpan time)
    {
        _epoch = new EpochState(
            _epoch.Number, position, _epoch.Steps + 1, _epoch.Users + users, _epoch.Tokens + tokens, _epoch.LossSum + loss, _epoch.TrainTime + time);
        IsAhead = true;
    }

    /// <summary>Ends the epoch.</summary>
    internal void End(EpochResult result, bool isBest)
    {
        _epochs.Add(result);
        if (isBest) BestEpoch = result.Epoch;
        _epoch = EpochState.Of(result.Epoch + 1);
        IsAhead = true;
    }

    /// <summary>Writes a checkpoint behind <paramref name="step"/> steps. The lines of the run become durable before it does.</summary>
    /// <exception cref="IOException">The disk is full, or the system refuses.</exception>
    /// <exception cref="InvalidInputException">The same, in a sentence; or a weight is no number any more.</exception>
    internal void WriteCheckpoint(long step)
    {
        // One from which no run could go on would take the place of one from which it can.
        if (NonFiniteLoss.FirstIn(_tensors) is { } lost) throw NonFiniteLoss.InWeights(lost, step);
        TimeSpan start = _watch.Elapsed;
        var (metrics, log) = _run.Flush();
        _checkpoints.Write(
            _start with { Step = step, Epoch = _epoch, Epochs = _epochs, BestEpoch = BestEpoch, Elapsed = Elapsed, MetricsLength = metrics, LogLength = log },
            _tensors,
            _config.CheckpointsKept);
        _written = _watch.Elapsed;
        _cost = _written - start;
        IsAhead = false;
    }
}
