using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Training.Checkpoints;
using Sequor.Training.Distributed;

namespace Sequor.Training;

/// <summary>The evaluations of a run: of every epoch, on the events that choose the best one, and of that one on the last events.</summary>
internal sealed class RunEvaluation(ExperimentConfig config, SequenceStore store, EvaluationProtocol protocol, WorkerPool workers)
{
    private readonly int _length = config.Model.MaxSequenceLength;
    private readonly LeaveOneOut _selection = protocol == EvaluationProtocol.Validation
        ? LeaveOneOut.Validation(store, config.Model.MaxSequenceLength)
        : LeaveOneOut.Test(store, config.Model.MaxSequenceLength);

    /// <summary>Name of the protocol in reports.</summary>
    internal string ProtocolName => protocol == EvaluationProtocol.Validation ? "validation" : "reference";

    /// <summary>How an epoch is evaluated.</summary>
    internal EvaluationOptions Options(int epoch) => new()
    {
        BatchSize = config.Training.EvaluationBatchSize,
        Workers = workers,
        TopKMethod = config.TopK,
        Protocol = ProtocolName,
        Split = protocol == EvaluationProtocol.Validation ? "validation" : "test",
        Epoch = epoch,
        MaxBatches = RunEnd.IsFull(config.Training, epoch) ? null : config.Training.PartialEvaluationBatches,
    };

    /// <summary>Evaluates an epoch; of several ranks each takes a part, and is not interrupted.</summary>
    internal EvaluationReport OfEpoch(RecommenderModel model, int epoch, Ranks? ranks, Action<long>? usersDone, CancellationToken cancellationToken)
    {
        IProgress<long>? progress = usersDone is null ? null : new UserProgress(usersDone);
        return ranks?.Evaluate(model, ranks.Shards, _selection, Options(epoch), progress)
            ?? Evaluator.Evaluate(model, _selection, Options(epoch), progress, cancellationToken);
    }

    /// <summary>Evaluates the best model of a run on the last events.</summary>
    internal EvaluationReport OfTest(string best, int epoch, Ranks? ranks, long[] popularity)
    {
        LeaveOneOut view = LeaveOneOut.Test(store, _length);
        EvaluationOptions options = Options(epoch) with { Split = "test", MaxBatches = null };
        if (ranks is null)
        {
            using ModelArtifact artifact = ModelArtifact.Load(best);
            return Evaluator.Evaluate(artifact.Model, view, options);
        }
        var model = new RecommenderModel(config.Model, store.Items.Count, store.Items.Attributes, heldInPart: ranks.Shards is not null);
        using var shared = new SharedModel(best, model, popularity, ranks, workers);
        return ranks.Evaluate(model, shared.Shards, view, options);
    }

    // Progress<T> posts to the thread pool and would report out of order.
    private sealed class UserProgress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
