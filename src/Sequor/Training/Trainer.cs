using System.Diagnostics;
using System.Globalization;
using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Training.Checkpoints;
using Sequor.Training.Distributed;

namespace Sequor.Training;

/// <summary>Fits a model to a store and evaluates it after every epoch, as trainer/train.py does, reproducibly from one seed.</summary>
public sealed class Trainer : IDisposable
{
    internal const string SelectionMetric = "ndcg@10";
    private readonly ExperimentConfig _config;
    private readonly SequenceStore _store;
    private readonly EvaluationProtocol _protocol;
    private readonly WorkerPool _workers;
    private readonly LeaveOneOut _training;
    private readonly RunEvaluation _evaluation;
    private readonly NextItemLoss _loss;
    private readonly AdamWOptimizer _optimizer;
    private readonly Tape _tape;
    private readonly BatchLoader _loader;
    private readonly long[] _popularity;
    private readonly Ranks? _ranks;
    private readonly TrainingTensors _tensors;

    /// <summary>Draws the initial weights, or takes them from a model that was trained before: its run or its folder, <paramref name="initFrom"/>.</summary>
    /// <remarks>
    /// Under <see cref="EvaluationProtocol.Validation"/> the epoch is chosen on the second to last event. The optimizer begins anew in either case.
    /// With a <paramref name="group"/> this process is one of several that train one model, each with a share of every batch: the figures are those of
    /// one process, to rounding.
    /// </remarks>
    /// <exception cref="InvalidInputException">
    /// No user has enough events to learn from, the events lack the ratings that model or loss read, or the model to go on from has weights of other shapes.
    /// </exception>
    public Trainer(ExperimentConfig config, SequenceStore store, EvaluationProtocol protocol, WorkerPool workers, string? initFrom = null, IProcessGroup? group = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(workers);
        (_config, _store, _protocol, _workers) = (config, store, protocol, workers);
        store.Verify();
        _training = LeaveOneOut.Train(store, protocol, config.Model.MaxSequenceLength);
        _evaluation = new RunEvaluation(config, store, protocol, workers);
        if (_training.SkippedUserCount == store.UserCount)
            throw new InvalidInputException($"{store.Path} has no user with a history to train on: {protocol} needs at least {(protocol == EvaluationProtocol.Validation ? 4 : 3)} events a user");
        RequireLabels(config.Loss, store);
        bool shards = group is { Size: > 1 } && config.Training.EmbeddingSharding == EmbeddingSharding.Rows;
        Model = new RecommenderModel(config.Model, store.Items.Count, store.Items.Attributes, heldInPart: shards);
        if (shards) ShardedEvaluation.Method(Model, _evaluation.Options(epoch: 0));
        ShardedTable? table = shards ? new ShardedTable(Model.Items, group!, workers) : null;
        Model.RequireInputs(store);
        _popularity = ItemPopularity.Count(_training);
        Model.Initialize(config.Training.Seed, _popularity);
        if (initFrom is not null) InitialModel = GoOnFrom(initFrom);
        _tape = new Tape(workers, differentiate: true);
        _ranks = group is { Size: > 1 } ? new Ranks(group, Model.Parameters, _tape, table) : null;
        _loss = new NextItemLoss(config.Loss, store.Items.Count, config.Training.Seed, _ranks is null ? null : _ranks.Gradients.Sum, table is null ? null : table.Bring);
        _optimizer = new AdamWOptimizer(Model.Parameters, config.Training, workers);
        _loader = new BatchLoader(_training, config.Training, group?.Rank ?? 0, group?.Size ?? 1);
        _tensors = new TrainingTensors(Model, _optimizer, _ranks);
    }

    /// <summary>The model that is being trained.</summary>
    public RecommenderModel Model { get; }

    /// <summary>The model whose weights it began with; null when they were drawn.</summary>
    public InitialModel? InitialModel { get; private set; }

    /// <summary>Whether the model to go on from has learned from events that are held out now, so that figures on them are too good.</summary>
    public bool HasSeenHeldOut => InitialModel is { Protocol: not "validation" } && _protocol == EvaluationProtocol.Validation;

    /// <summary>Steps taken.</summary>
    public long StepCount => _optimizer.StepCount;

    /// <summary>Native memory that a step lives in: values and gradients of all matrices, beside weights, moments and the batch.</summary>
    public long StepMemoryBytes => _tape.MemoryBytes;

    /// <summary>Where the time of the last step went.</summary>
    public StepProfile LastStep { get; private set; }

    /// <summary>One optimisation step on a batch, or on this rank's share of it; returns the mean loss over the whole batch.</summary>
    public double Step(SequenceBatch batch)
    {
        long step = _optimizer.StepCount, start = Stopwatch.GetTimestamp();
        _tape.Begin(_config.Training.Seed, step);
        _ranks?.Begin(batch);
        Matrix states = Model.Encode(_tape, batch);
        long encoded = Stopwatch.GetTimestamp();
        double loss = _loss.Compute(_tape, Model, batch, states, step);
        long scored = Stopwatch.GetTimestamp();
        double own = loss;
        if (_ranks is null && !double.IsFinite(loss)) throw NonFiniteLoss.Of(Explain(loss, step, batch));
        _tape.Backward();
        long differentiated = Stopwatch.GetTimestamp();
        if (_ranks is not null)
        {
            _ranks.Gradients.End(ref loss, _loss);
            // Of the whole batch, so that all ranks stop here or none.
            if (!double.IsFinite(loss)) throw Lost(own, step, batch);
        }
        long exchanged = Stopwatch.GetTimestamp();
        _optimizer.Step();
        LastStep = new StepProfile(
            Stopwatch.GetElapsedTime(start, encoded), Stopwatch.GetElapsedTime(encoded, scored), Stopwatch.GetElapsedTime(scored, differentiated),
            Stopwatch.GetElapsedTime(exchanged), _tape.Flops, _tape.GatheredBytes + _optimizer.BytesPerStep)
        {
            Exchange = Stopwatch.GetElapsedTime(differentiated, exchanged), ExchangedBytes = _ranks?.Bytes ?? 0,
            ExchangeBusy = _ranks?.Gradients.Busy ?? default, Fetch = _ranks?.Shards?.BringTime ?? default,
        };
        return loss;
    }

    /// <summary>Trains all epochs and writes the run into a new folder (<see cref="RunDirectory"/>). Cancelled, it leaves a checkpoint.</summary>
    /// <exception cref="InvalidInputException">The folder is not new, or cannot be written; the loss is no number.</exception>
    public TrainingResult Fit(
        string runDirectory, IProgress<TrainingProgress>? progress = null, Action<EpochResult>? onEpoch = null, CancellationToken cancellationToken = default)
    {
        RequireSameRanks();
        using RunDirectory run = Writes ? RunDirectory.Create(runDirectory, _config.ToGin(), _config.Training.TensorBoard) : RunDirectory.OfAnother(runDirectory);
        return Guard(run.Path, () =>
        {
            Announce(run);
            var at = new RunProgress(run, _config.Training, StateAtStart(), _tensors.All);
            // The first checkpoint stands before the first step: a run can go on from any moment, without the model that it began with.
            WriteCheckpoint(at);
            return Train(run, at, progress, onEpoch, cancellationToken);
        });
    }

    /// <summary>
    /// Goes on with a run to the weights and metrics that it would have come to without the interruption, on this trainer, which was made with the
    /// settings, data and protocol of the run. Cancelled, it leaves a checkpoint.
    /// </summary>
    /// <exception cref="InvalidInputException">Data, protocol or settings are not the run's, its folder cannot be written, or its best model is lost.</exception>
    public TrainingResult Resume(
        InterruptedRun interrupted, IProgress<TrainingProgress>? progress = null, Action<EpochResult>? onEpoch = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(interrupted);
        interrupted.RequireSame(_store);
        interrupted.Check(_config);
        if (interrupted.Protocol != _protocol)
            throw new InvalidInputException($"{interrupted.Path} goes on under the {interrupted.Protocol} protocol that it began with, not under {_protocol}");
        TrainingState state = interrupted.State;
        RequireSameRanks();
        _tensors.Read(interrupted.Checkpoint);
        RequireSameRanks();
        _optimizer.ContinueFrom(state.Step);
        InitialModel = state.InitialModel;
        return Guard(interrupted.Path, () =>
        {
            string settings = _config.ToGin();
            using RunDirectory run = Writes
                ? RunDirectory.Continue(interrupted.Path, interrupted.TakeLock(), settings, state.MetricsLength, state.LogLength, _config.Training.TensorBoard)
                : RunDirectory.OfAnother(interrupted.Path);
            foreach (string notice in interrupted.Notices) run.Log(notice);
            run.Log($"goes on behind step {state.Step}, {state.Epoch.Users} users into epoch {state.Epoch.Number}; {Simd.Name}, {_workers.ThreadCount} threads{_ranks?.Description}");
            TrainingState start = StateAtStart() with
            {
                Step = state.Step, Epoch = state.Epoch, Epochs = state.Epochs, BestEpoch = state.BestEpoch, Elapsed = state.Elapsed,
            };
            var at = new RunProgress(run, _config.Training, start, _tensors.All);
            Models(run).Restore(at);
            // Other settings are the run's from now on, whatever happens next.
            if (settings != state.Configuration) WriteCheckpoint(at);
            return Train(run, at, progress, onEpoch, cancellationToken);
        });
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _loader.Dispose();
        _ranks?.Dispose();
        _optimizer.Dispose();
        _tape.Dispose();
        Model.Dispose();
    }

    private static void RequireLabels(LossConfig loss, SequenceStore store)
    {
        if (loss.Kind != LossKind.BinaryCrossEntropyWithRatings) return;
        if (!store.HasRatings)
            throw new InvalidInputException($"train_fn.loss_module = \"BCELossWithRatings\" learns from ratings, but {store.Path} has none; prepare it with a rating column, or choose another loss");
        var labels = new RatingLabels(loss.RatingLabel);
        for (int user = 0; user < store.UserCount; user++)
            foreach (float rating in store[user].Ratings) labels.Label(rating);
    }

    // Apart from the step, which allocates nothing.
    private InvalidInputException Lost(double own, long step, SequenceBatch batch) =>
        NonFiniteLoss.Of(_ranks!.Agree(!double.IsFinite(own), () => Explain(own, step, batch)));

    private string Explain(double loss, long step, SequenceBatch batch) =>
        NonFiniteLoss.Explain(loss, step, Model, batch, _store, _config.Training, _workers);

    /// <summary>Name and version of this program.</summary>
    internal static string Creator => $"Sequor {typeof(Trainer).Assembly.GetName().Version}";

    // The first of the ranks keeps the run's folder.
    private bool Writes => _ranks is null or { Group.Rank: 0 };

    private static double Score(EpochResult result) => result.Report.Metrics[SelectionMetric];

    private void Announce(RunDirectory run)
    {
        run.Log($"settings of {_config.DatasetName} on data {_store.Name} ({_store.Fingerprint}), {_store.UserCount} users, {_store.Items.Count} items, {_store.InteractionCount} interactions, {_training.SkippedUserCount} users skipped");
        if (!_store.HasTimestamps && _config.Model.ReadsTimes) run.Log("no timestamps: the time part of the model's attention is off");
        if (InitialModel is { } initial)
        {
            run.Log($"goes on from {initial.Name} (epoch {initial.Epoch}, data {initial.DataFingerprint}), {initial.MatchedItems} items matched, {initial.NewItems} new, {initial.GoneItems} gone; the optimizer begins anew");
            if (HasSeenHeldOut) run.Log($"{initial.Name} was trained under the {initial.Protocol} protocol and has seen events that are held out now: figures on them are too good");
        }
        run.Log($"{Simd.Name}, {_workers.ThreadCount} threads, protocol {_evaluation.ProtocolName}{_ranks?.Description}");
    }

    private void WriteCheckpoint(RunProgress at)
    {
        // One from which no run could go on would take the place of one from which it can: before any rank writes.
        _tensors.RequireFinite(StepCount);
        RequireSameRanks();
        _tensors.Write(at, StepCount);
    }

    private void RequireSameRanks() => _ranks?.RequireSame(_config.ToGin(), _store.Fingerprint, _evaluation.ProtocolName, Model);

    private TrainingResult Train(
        RunDirectory run, RunProgress at, IProgress<TrainingProgress>? progress, Action<EpochResult>? onEpoch, CancellationToken cancellationToken)
    {
        RunModels models = Models(run);
        try
        {
            while (!RunEnd.IsReached(_config.Training, at.Epoch, at.BestEpoch))
            {
                EpochResult result = RunEpoch(run, at, progress, cancellationToken);
                Record(run, result);
                bool full = RunEnd.IsFull(_config.Training, result.Epoch);
                at.End(result, isBest: full && (at.BestEpoch is not { } best || Score(result) > Score(at.Epochs[best])));
                // Before the models: what they should be is then known, whatever happens to them.
                WriteCheckpoint(at);
                models.SaveEpoch(at);
                onEpoch?.Invoke(result);
            }
        }
        catch (OperationCanceledException)
        {
            if (at.IsAhead) WriteCheckpoint(at);
            throw;
        }
        if (RunEnd.HasStalled(_config.Training, at.Epoch, at.BestEpoch) && at.Epochs.Count < _config.Training.EpochCount)
            run.Log($"no better {SelectionMetric} in {_config.Training.EarlyStoppingPatience} epochs: stopped after epoch {at.Epochs.Count - 1}");
        EpochResult bestResult = at.Epochs[at.BestEpoch!.Value], last = at.Epochs[^1];
        EvaluationReport? test = _protocol == EvaluationProtocol.Validation ? _evaluation.OfTest(run.Best, bestResult.Epoch, _ranks, _popularity) : null;
        if (test is not null) run.WriteMetrics([new("test_epoch", bestResult.Epoch), .. test.Metrics]);
        run.Log($"best epoch {bestResult.Epoch}: {SelectionMetric} {Score(bestResult).ToString("F4", CultureInfo.InvariantCulture)}; {at.Elapsed.TotalSeconds:F0} s");
        run.Flush();
        models.SaveLast(last);
        return new TrainingResult(at.Epochs, bestResult, last, at.Elapsed, test, InitialModel);
    }

    private EpochResult RunEpoch(RunDirectory run, RunProgress at, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        int epoch = at.Epoch.Number;
        _loader.Begin(epoch, at.Epoch.Position);
        long start = Stopwatch.GetTimestamp();
        while (_loader.Next() is { } batch)
        {
            if (_ranks is null) cancellationToken.ThrowIfCancellationRequested();
            else (_ranks.Gradients.WantsStop, _ranks.Gradients.WantsCheckpoint) = (cancellationToken.IsCancellationRequested, Writes && at.IsDue);
            double loss = Step(batch);
            at.Add(loss, batch.Whole.UserCount, batch.Whole.TokenCount, _loader.Position, Stopwatch.GetElapsedTime(start));
            start = Stopwatch.GetTimestamp();
            if (StepCount % _config.Training.LogEverySteps == 0) run.WriteMetrics([new("step", StepCount), new("losses/ar_loss", loss), .. _loss.Auxiliary]);
            progress?.Report(new("train", epoch, _config.Training.EpochCount, at.Epoch.Users, _loader.UserCount, at.Epoch.Loss, at.Epoch.Tokens / at.Epoch.TrainTime.TotalSeconds));
            _loader.Return(batch);
            // Ranks do behind the same step what one of them wanted before it.
            if (_ranks is { Gradients.WantsStop: true }) throw new OperationCanceledException(cancellationToken);
            if (!(_ranks?.Gradients.WantsCheckpoint ?? at.IsDue)) continue;
            WriteCheckpoint(at);
            start = Stopwatch.GetTimestamp();
        }
        var watch = Stopwatch.StartNew();
        EvaluationReport report = _evaluation.OfEpoch(Model, epoch, _ranks, progress is null ? null : users => progress.Report(new("evaluate", epoch, _config.Training.EpochCount, users, _store.UserCount, at.Epoch.Loss, 0)), cancellationToken);
        return new EpochResult(epoch, at.Epoch.Loss, report, at.Epoch.TrainTime, watch.Elapsed);
    }

    private RunModels Models(RunDirectory run) => new(run, Model, _config, _store, _popularity, _evaluation.ProtocolName, InitialModel) { Shards = _tensors.Shards };

    private TrainingState StateAtStart() => new()
    {
        Creator = Creator,
        Simd = Simd.Name,
        Configuration = _config.ToGin(),
        DataPath = Path.GetFullPath(_store.Path),
        DataFingerprint = _store.Fingerprint,
        Protocol = _protocol,
        InitialModel = InitialModel,
        Step = 0,
        Epoch = EpochState.Of(0),
        Epochs = [],
        BestEpoch = null,
        Elapsed = default,
        MetricsLength = 0,
        LogLength = 0,
    };

    // Whatever the disk refuses while a run is under way, the run can go on later.
    private static TrainingResult Guard(string run, Func<TrainingResult> train)
    {
        try
        {
            return train();
        }
        catch (InvalidInputException error) when (error.InnerException is NonFiniteLoss)
        {
            throw NonFiniteLoss.InRun(error, run);
        }
        catch (Exception error) when (Cause(error) is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"the run stops: {Cause(error).Message.TrimEnd('.')}; once that is mended, go on with `sequor train --resume {run}`", error);
        }

        static Exception Cause(Exception error) => error is InvalidInputException { InnerException: { } cause } ? cause : error;
    }

    private static void Record(RunDirectory run, EpochResult result)
    {
        run.WriteMetrics(
        [
            new("epoch", result.Epoch), new("losses/main_loss", result.Loss),
            new("train_seconds", result.TrainTime.TotalSeconds), new("evaluation_seconds", result.EvaluationTime.TotalSeconds),
            new("users", result.Report.UserCount), .. result.Report.Metrics,
        ]);
        run.Log(string.Create(CultureInfo.InvariantCulture, $"epoch {result.Epoch}: loss {result.Loss:F4}, hr@10 {result.Report.Metrics["hr@10"]:F4}, ndcg@10 {result.Report.Metrics[SelectionMetric]:F4}, {result.TrainTime.TotalSeconds:F2} s + {result.EvaluationTime.TotalSeconds:F2} s"));
    }

    private InitialModel GoOnFrom(string runOrModel)
    {
        using ModelArtifact artifact = ModelArtifact.Load(RunDirectory.FindModel(runOrModel));
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(runOrModel)));
        return InitialWeights.Copy(artifact, name, Model, _config, _store.Items, _popularity);
    }
}
