using System.Diagnostics;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Training;
using Sequor.Training.Distributed;

namespace Sequor.Cli.Bench;

/// <summary>Whole training steps, measured: what the loader takes, forward, loss, backward, optimizer.</summary>
internal sealed record TrainingMeasurement
{
    private const int WarmUp = 3;

    public required Samples Step { get; init; }
    public required double TokensPerStep { get; init; }
    public required double FlopsPerStep { get; init; }
    public required double BytesPerStep { get; init; }

    /// <summary>Median seconds of each phase, in order.</summary>
    public required (string Name, double Seconds)[] Phases { get; init; }

    /// <summary>What training by several processes adds; null for one.</summary>
    public RankMeasurement? Ranks { get; init; }

    public required double AllocatedBytesPerStep { get; init; }
    /// <summary>Native memory of matrices and gradients that a step lives in; weights and moments stand beside it.</summary>
    public required long StepMemoryBytes { get; init; }

    public required double LastLoss { get; init; }
    public required long ResidentBytesAtFirst { get; init; }
    public required long ResidentBytesAtLast { get; init; }
    public required long PeakResidentBytes { get; init; }

    public double TokensPerSecond => TokensPerStep / Step.Median;
    public double Gflops => FlopsPerStep / Step.Median / 1e9;
    public double BytesPerSecond => BytesPerStep / Step.Median;

    public static TrainingMeasurement Run(
        ExperimentConfig config, SequenceStore store, WorkerPool workers, int steps, IProcessGroup? group, Action<int>? onStep, CancellationToken cancellation)
    {
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers, group: group);
        using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, config.Model.MaxSequenceLength), config.Training, group?.Rank ?? 0, group?.Size ?? 1);
        var step = new Samples();
        Samples wait = new(), encode = new(), loss = new(), backward = new(), exchange = new(), update = new(), busy = new(), fetch = new(), given = new();
        double tokens = 0, flops = 0, bytes = 0, lastLoss = 0;
        long allocated = 0, resident = 0;
        int epoch = 0;
        loader.Begin(epoch);
        for (int i = -WarmUp; i < steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (i == 0) resident = Environment.WorkingSet;
            long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true), start = Stopwatch.GetTimestamp();
            SequenceBatch? batch = loader.Next();
            if (batch is null)
            {
                loader.Begin(++epoch);
                batch = loader.Next()!;
            }

            double waited = Stopwatch.GetElapsedTime(start).TotalSeconds;
            lastLoss = trainer.Step(batch);
            double taken = Stopwatch.GetElapsedTime(start).TotalSeconds;
            int batchTokens = batch.Whole.TokenCount;
            loader.Return(batch);
            if (i < 0) continue;
            allocated += GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
            StepProfile profile = trainer.LastStep;
            step.Add(taken);
            wait.Add(waited);
            encode.Add(profile.Encode.TotalSeconds);
            loss.Add(profile.Loss.TotalSeconds);
            backward.Add(profile.Backward.TotalSeconds);
            exchange.Add(profile.Exchange.TotalSeconds);
            update.Add(profile.Update.TotalSeconds);
            busy.Add(profile.ExchangeBusy.TotalSeconds);
            fetch.Add(profile.Fetch.TotalSeconds);
            given.Add(profile.ExchangedBytes);
            tokens += batchTokens;
            flops += profile.Flops;
            bytes += profile.Bytes;
            onStep?.Invoke(i + 1);
        }

        using var process = Process.GetCurrentProcess();
        return new TrainingMeasurement
        {
            Step = step,
            TokensPerStep = tokens / steps,
            FlopsPerStep = flops / steps,
            BytesPerStep = bytes / steps,
            Phases = [("batch", wait.Median), ("encode", encode.Median), ("loss", loss.Median), ("backward", backward.Median), .. group is null ? [] : new[] { ("exchange", exchange.Median) }, ("update", update.Median)],
            Ranks = group is null ? null : new RankMeasurement(group.Size, given.Median, busy.Median, exchange.Median, fetch.Median),
            AllocatedBytesPerStep = (double)allocated / steps,
            StepMemoryBytes = trainer.StepMemoryBytes,
            LastLoss = lastLoss,
            ResidentBytesAtFirst = resident,
            ResidentBytesAtLast = Environment.WorkingSet,
            PeakResidentBytes = process.PeakWorkingSet64,
        };
    }
}
