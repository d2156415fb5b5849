using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Training.Checkpoints;
using Sequor.Training.Distributed;

namespace Sequor.Training;

/// <summary>The models that a run leaves behind: the best, the last, and those that <c>train_fn.save_ckpt_every_n</c> keeps.</summary>
/// <param name="Run">Where they go.</param>
/// <param name="Model">The model that is being trained.</param>
/// <param name="Config">Its settings.</param>
/// <param name="Store">The data.</param>
/// <param name="Popularity">Training events of each item (X + 1).</param>
/// <param name="Protocol">Name of the protocol of the metrics.</param>
/// <param name="InitialModel">What the training went on from.</param>
internal sealed record RunModels(
    RunDirectory Run, RecommenderModel Model, ExperimentConfig Config, SequenceStore Store, long[] Popularity, string Protocol, InitialModel? InitialModel)
{
    /// <summary>What deals the item table out to processes; null where it is here as a whole.</summary>
    internal ShardedState? Shards { get; init; }

    /// <summary>Writes what the epoch that has just ended leaves behind.</summary>
    internal void SaveEpoch(RunProgress at)
    {
        EpochResult result = at.Epochs[^1];
        if (at.BestEpoch == result.Epoch) Save(Run.Best, result);
        if ((result.Epoch + 1) % Config.Training.CheckpointEvery == 0) Save(Run.Checkpoint(result.Epoch), result);
    }

    /// <summary>Writes the last model: a run that has it is finished.</summary>
    internal void SaveLast(EpochResult last) => Save(Run.Last, last);

    /// <summary>
    /// Makes good what an interruption kept from being written. An epoch's end may have come to its checkpoint and not to its models, whose weights
    /// then stand here. Within an epoch they must be there.
    /// </summary>
    /// <exception cref="InvalidInputException">The best model is lost.</exception>
    internal void Restore(RunProgress at)
    {
        if (at.Epochs.Count > 0 && at.Epoch.Position == 0) SaveEpoch(at);
        if (!Run.IsOwn) return;
        if (at.BestEpoch is not { } best) return;
        try
        {
            if (ArtifactManifest.Read(Run.Best).Epoch >= best) return;
        }
        catch (InvalidInputException damage)
        {
            throw Lost(damage.Message, damage);
        }
        throw Lost("it is of an earlier epoch", null);

        InvalidInputException Lost(string finding, Exception? damage) =>
            new($"the best model of the run, that of epoch {best}, is lost: {finding}; restore {Run.Best} from a copy, or train anew", damage);
    }

    private void Save(string directory, EpochResult result)
    {
        if (!Run.IsOwn)
        {
            Shards?.Give([Model.Items.Value]);
            return;
        }
        ModelArtifact.Save(directory, Model, Store.Items, Popularity, new ArtifactManifest
        {
            Creator = Trainer.Creator,
            Configuration = Config.ToGin(),
            ItemCount = Store.Items.Count,
            DataName = Store.Name,
            DataFingerprint = Store.Fingerprint,
            Protocol = Protocol,
            Epoch = result.Epoch,
            Metrics = result.Report.Metrics,
            InitializedFrom = InitialModel,
        }, Shards is null ? null : row => Shards.BeforeRow(Model.Items.Value, row));
        Shards?.ReleaseOthers();
    }
}
