namespace Sequor.Server.Models;

/// <summary>The model that answers, and its replacement while requests are under way.</summary>
public sealed class ModelHost : IDisposable
{
    /// <summary>Takes the current model for a request.</summary>
    public ModelLease Lease() => throw new NotImplementedException();

    /// <summary>Loads the artefact anew, verifies and warms it, and lets it take the place of the one that answers; if that fails, nothing changes.</summary>
    /// <returns>The model that answers now; the same one when the artefact has not changed.</returns>
    /// <exception cref="InvalidInputException">The artefact is missing, damaged or does not fit the options.</exception>
    public Task<ServedModel> ReloadAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Ends the current model.</summary>
    public void Dispose()
    {
    }

    internal void Return(ServedModel model) => throw new NotImplementedException();
}
