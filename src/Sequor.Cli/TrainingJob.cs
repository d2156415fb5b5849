using System.Diagnostics;
using System.Globalization;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Sequor.Training.Distributed;

namespace Sequor.Cli;

/// <summary>One training with its bar and a line an epoch.</summary>
internal sealed record TrainingJob(ExperimentConfig Config, SequenceStore Store, EvaluationProtocol Protocol, string Run, int? ThreadCount, bool Json)
{
    /// <summary>Run or model to go on from; null to begin with drawn weights.</summary>
    public string? InitFrom { get; init; }

    /// <summary>The run to go on with; null to begin one.</summary>
    public InterruptedRun? Interrupted { get; init; }

    /// <summary>The processes that train together; null for one.</summary>
    public IProcessGroup? Group { get; init; }

    /// <summary>Trains; epochs are lines of the output, or of the error stream when the output is JSON.</summary>
    public TrainingResult Fit(Terminal terminal)
    {
        if (Interrupted is not null) Interrupted.RequireSame(Store);
        else if (Group is null or { Rank: 0 }) OutputFolder.RequireNew(Run);
        WorkerPool workers = CommonOptions.Workers(ThreadCount);
        try
        {
            using var trainer = new Trainer(Config, Store, Protocol, workers, InitFrom, Group);
            if (trainer.InitialModel is { } initial) Say(terminal, TrainingOutput.Line(initial));
            if (trainer.HasSeenHeldOut) terminal.Notice($"{InitFrom} has learned from events that are held out now, so figures on them are too good; train both under --protocol validation");
            if (Interrupted is not null) Say(terminal, $"goes on with {Run} behind step {Tables.Count(Interrupted.StepCount)}, in epoch {Interrupted.Epoch}");
            return ProgressBars.Show(terminal, Json, bars => Fit(terminal, trainer, bars));
        }
        catch (OperationCanceledException interruption)
        {
            throw new RunInterruptedException(Run, interruption);
        }
        finally
        {
            if (ThreadCount is not null) workers.Dispose();
        }
    }

    private TrainingResult Fit(Terminal terminal, Trainer trainer, ProgressBars bars)
    {
        var clock = Stopwatch.StartNew();
        double? before = null;
        IProgress<TrainingProgress> report = bars.Forward<TrainingProgress>((bar, progress) => Report(bar, progress, Left(progress, before ??= Share(progress), clock.Elapsed)));
        Action<EpochResult> onEpoch = epoch => Say(terminal, Line(epoch));
        return Interrupted is null
            ? trainer.Fit(Run, report, onEpoch, terminal.Cancellation)
            : trainer.Resume(Interrupted, report, onEpoch, terminal.Cancellation);
    }

    private static void Report(ProgressBars bars, TrainingProgress progress, string left) => bars.Report(
        $"epoch {progress.Epoch} ({progress.Epoch + 1}/{progress.EpochCount}) {progress.Stage}",
        progress.Done,
        progress.Total,
        progress.Stage == "train"
            ? string.Create(CultureInfo.InvariantCulture, $"loss {progress.Loss:F4}  {progress.TokensPerSecond:N0} tokens/s  run {left}")
            : "");

    // The bar tells the time left of its epoch; whoever waits wants to know about the run. What was done before this process began took none of its time.
    private static string Left(TrainingProgress progress, double before, TimeSpan elapsed)
    {
        double share = Share(progress);
        return share > before ? $"{Tables.Duration(elapsed * ((1 - share) / (share - before)))} left" : "";
    }

    private static double Share(TrainingProgress progress) => (progress.Epoch + ((double)progress.Done / progress.Total)) / progress.EpochCount;

    private string Line(EpochResult epoch)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"epoch {epoch.Epoch} ({epoch.Epoch + 1}/{Config.Training.EpochCount})  loss {epoch.Loss:F4}");
        line += $"  {Metric(epoch.Report, "hr@10")}  {Metric(epoch.Report, "ndcg@10")}";
        return $"{line}  train {Tables.Duration(epoch.TrainTime)}  evaluate {Tables.Duration(epoch.EvaluationTime)}";
    }

    private void Say(Terminal terminal, string line)
    {
        if (Json) terminal.Error.WriteLine(line);
        else terminal.Say(line);
    }

    private static string Metric(EvaluationReport report, string name) =>
        $"{name} {Tables.Metric(report.Metrics.GetValueOrDefault(name, double.NaN))}";
}
