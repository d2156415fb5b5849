using Sequor.Autograd;
using Sequor.Modeling;
using Sequor.Training.Checkpoints;
using Sequor.Training.Distributed;

namespace Sequor.Training;

/// <summary>What a step changes, weights and both moments, on its way to checkpoints and back: the first of several ranks has the files.</summary>
internal sealed class TrainingTensors
{
    private readonly Ranks? _ranks;

    /// <summary>Takes the weights of a model and the moments of its optimizer.</summary>
    internal TrainingTensors(RecommenderModel model, AdamWOptimizer optimizer, Ranks? ranks)
    {
        _ranks = ranks;
        if (ranks?.Shards is { } table)
        {
            Matrix[] weights = [.. model.Parameters.Where(parameter => parameter.IsHeldInPart).Select(parameter => parameter.Value)];
            Shards = new ShardedState(table, ranks.Group, [.. weights, .. optimizer.ShardedMoments]);
            Shards.ReleaseOthers();
        }
        All = [.. model.Parameters.Select(parameter => Tensor(parameter.Name, parameter.Value)), .. optimizer.Moments.Select(moment => Tensor(moment.Key, moment.Value))];
    }

    /// <summary>All of them, in the order of the files.</summary>
    internal IReadOnlyList<CheckpointTensor> All { get; }

    /// <summary>What deals rows out to the ranks; null where all are here.</summary>
    internal ShardedState? Shards { get; }

    /// <summary>Refuses tensors that hold what is no number. Every rank looks at what it holds.</summary>
    /// <exception cref="InvalidInputException">Which one does, behind <paramref name="step"/> steps.</exception>
    internal void RequireFinite(long step)
    {
        if (NonFiniteLoss.FirstIn(All) is { } lost) throw NonFiniteLoss.InWeights(lost, step);
    }

    /// <summary>Writes a checkpoint; the first rank does, and the others give it their rows.</summary>
    internal void Write(RunProgress at, long step)
    {
        if (!IsFirst) Shards?.Give(Values());
        at.WriteCheckpoint(step);
        Shards?.ReleaseOthers();
        // Nobody may leave, and with that end the job, while the first rank writes.
        _ranks?.Group.Barrier();
    }

    /// <summary>Reads a checkpoint, whose folder only the first rank needs to reach.</summary>
    internal void Read(string checkpoint)
    {
        if (IsFirst) Checkpoint.Read(checkpoint, All);
        else Shards?.Take(Values());
        _ranks?.GiveFromFirst(Values().Where(value => Shards?.Holds(value) is not true));
    }

    private bool IsFirst => _ranks is null or { Group.Rank: 0 };

    private IEnumerable<Matrix> Values() => All.Select(tensor => tensor.Value);

    private CheckpointTensor Tensor(string name, Matrix value) => Shards?.Holds(value) is not true
        ? new CheckpointTensor(name, value)
        : new CheckpointTensor(name, value)
        {
            Here = Shards.Here(value), BeforeRead = row => Shards.BeforeRow(value, row), AfterFill = row => Shards.AfterRow(value, row),
        };
}
