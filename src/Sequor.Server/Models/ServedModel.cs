using Sequor.Serving;

namespace Sequor.Server.Models;

/// <summary>A model that is loaded, warmed and ready.</summary>
public sealed class ServedModel : IDisposable
{
    internal ServedModel(string version, Recommender recommender, DateTimeOffset loadedAt) => (Version, Recommender, LoadedAt) = (version, recommender, loadedAt);

    /// <summary>The start of a hash over the files of the artefact.</summary>
    public string Version { get; }

    /// <summary>Answers questions.</summary>
    public Recommender Recommender { get; }

    /// <summary>When it was taken up.</summary>
    public DateTimeOffset LoadedAt { get; }

    /// <summary>Ends the native memory; nobody may hold a lease.</summary>
    public void Dispose() => Recommender.Dispose();
}
