using Sequor.Artifacts;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Training;

namespace Sequor.Cli.Bench;

/// <summary>Whose catalogue is searched and by which queries: a made-up model, or an artefact.</summary>
internal sealed class TopKSubject : IDisposable
{
    private TopKSubject(string name, RecommenderModel model, TopKQueries queries) => (Name, Model, Queries) = (name, model, queries);

    public string Name { get; }

    public RecommenderModel Model { get; }

    public TopKQueries Queries { get; }

    public static TopKSubject OfShape(TopKShape shape, int itemCount, int queryCount, ulong seed, WorkerPool workers)
    {
        RecommenderModel model = shape.CreateModel(itemCount, seed, workers);
        return new TopKSubject(shape.Name, model, TopKQueries.OfStates(model, queryCount, seed, workers));
    }

    /// <summary>An artefact; queries are those of users of the store, or of pairs of items without one.</summary>
    public static TopKSubject OfArtifact(string path, string? data, int queryCount, ulong seed, WorkerPool workers, Terminal terminal)
    {
        ModelArtifact artifact = ModelArtifact.Load(RunDirectory.FindModel(path));
        try
        {
            if (data is null) return new TopKSubject(path, artifact.Model, TopKQueries.OfPairs(artifact.Model, queryCount, seed, workers));
            using var store = SequenceStore.Open(data);
            SharedCatalogue.Require(artifact, store, terminal);
            return new TopKSubject(path, artifact.Model, TopKQueries.OfUsers(artifact.Model, store, queryCount, workers));
        }
        catch
        {
            artifact.Dispose();
            throw;
        }
    }

    // An artefact owns nothing but its model.
    public void Dispose() => Model.Dispose();
}
