using Sequor.Serving;

namespace Sequor.Server.Models;

/// <summary>A model that is loaded, warmed and ready.</summary>
public sealed class ServedModel : IDisposable
{
    // The host holds it once, each lease once more; at zero it ends, and nobody can take it any more.
    private int _holders = 1;

    internal ServedModel(string version, Recommender recommender, DateTimeOffset loadedAt) => (Version, Recommender, LoadedAt) = (version, recommender, loadedAt);

    /// <summary>The start of a hash over the files of the artefact.</summary>
    public string Version { get; }

    /// <summary>Answers questions.</summary>
    public Recommender Recommender { get; }

    /// <summary>When it was taken up.</summary>
    public DateTimeOffset LoadedAt { get; }

    /// <summary>Whether its memory has ended.</summary>
    internal bool IsDisposed => Volatile.Read(ref _holders) <= 0;

    /// <summary>Ends the native memory; nobody may hold a lease.</summary>
    public void Dispose() => Recommender.Dispose();

    /// <summary>Takes it for a request; false when it has ended.</summary>
    internal bool TryHold()
    {
        for (int holders = Volatile.Read(ref _holders); holders > 0;)
        {
            int before = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (before == holders) return true;
            holders = before;
        }

        return false;
    }

    /// <summary>Gives it back; the last one ends it.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0) Dispose();
    }
}
