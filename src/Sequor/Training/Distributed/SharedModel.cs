using Sequor.Artifacts;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Training.Distributed;

/// <summary>A model that the first rank has on disk and all have in memory, with as much of its item table as each holds.</summary>
internal sealed class SharedModel : IDisposable
{
    /// <summary>Reads the model of a folder, which only the first rank needs to reach, into one of the same architecture that has no weights yet.</summary>
    /// <exception cref="InvalidInputException">The folder is damaged.</exception>
    internal SharedModel(string directory, RecommenderModel model, long[] popularity, Ranks ranks, WorkerPool workers)
    {
        Model = model;
        if (model.Items.IsHeldInPart) Shards = new ShardedTable(model.Items, ranks.Group, workers);
        ShardedState? state = Shards is null ? null : new ShardedState(Shards, ranks.Group, [model.Items.Value]);
        if (ranks.Group.Rank == 0)
        {
            ArtifactManifest.Read(directory);
            using SafetensorsReader weights = SafetensorsReader.Open(Path.Combine(directory, ModelArtifact.WeightsFileName));
            ModelWeights.Read(weights, model, afterItem: state is null ? null : row => state.AfterRow(model.Items.Value, row));
        }
        else
        {
            state?.Take([model.Items.Value]);
        }
        ranks.GiveFromFirst(model.Parameters.Where(parameter => !parameter.IsHeldInPart).Select(parameter => parameter.Value));
        model.TakeWeights(popularity);
    }

    /// <summary>The model.</summary>
    internal RecommenderModel Model { get; }

    /// <summary>Where the rows of its item table are; null where every rank has all.</summary>
    internal ShardedTable? Shards { get; }

    public void Dispose()
    {
        Shards?.Dispose();
        Model.Dispose();
    }
}
