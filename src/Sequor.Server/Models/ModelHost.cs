using Sequor.Serving;

namespace Sequor.Server.Models;

/// <summary>The model that answers, and its replacement while requests are under way.</summary>
public sealed class ModelHost : IDisposable
{
    private ServedModel _model;
    private readonly ServerOptions _options;

    internal ModelHost(ServerOptions options)
    {
        _options = options;
        _model = Load();
    }

    /// <summary>Takes the current model for a request.</summary>
    public ModelLease Lease() => new(this, _model);

    /// <summary>Loads the artefact anew, verifies and warms it, and lets it take the place of the one that answers; if that fails, nothing changes.</summary>
    /// <returns>The model that answers now; the same one when the artefact has not changed.</returns>
    /// <exception cref="InvalidInputException">The artefact is missing, damaged or does not fit the options.</exception>
    public Task<ServedModel> ReloadAsync(CancellationToken cancellationToken) => Task.FromResult(_model = Load());

    /// <summary>Ends the current model.</summary>
    public void Dispose() => _model.Dispose();

    internal void Return(ServedModel model)
    {
    }

    private ServedModel Load() => new("stand-in", Recommender.Load(_options.ModelDirectory, new RecommenderOptions { Methods = _options.TopKMethods, Precision = _options.Precision }), DateTimeOffset.UtcNow);
}
