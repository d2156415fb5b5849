using System.Numerics;
using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>
/// Keys and values of the settled events of one user's window, so that a further event costs its own row and not all of them. An event is
/// settled when the next one is known, whose time its row reads. One caller at a time.
/// </summary>
/// <remarks>They stand in the layout that attention reads, so that nothing is packed again. Memory grows by strips of 64 rows, the first one from sixteen on.</remarks>
public sealed unsafe class KeyValueCache : IDisposable
{
    private readonly RecommenderModel _model;
    private readonly KeyValueLayout _layout;
    private readonly NativeBuffer _table;
    private int _stripCount, _stripRows, _busy;
    private bool _hasTimes, _disposed;

    /// <summary>An empty cache for histories that <paramref name="model"/> encodes.</summary>
    /// <exception cref="InvalidOperationException">The model cannot go on from settled events (<see cref="RecommenderModel.CanCache"/>).</exception>
    public KeyValueCache(RecommenderModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.CanCache) throw new InvalidOperationException("hstu_encoder.normalization = \"softmax_rel_bias_unmasked\" looks ahead, so that no event is ever settled; encode without a cache");
        (_model, _layout) = (model, model.KeyValues);
        int strips = (model.TokenWindow + CausalAttention.BlockRows - 1) / CausalAttention.BlockRows;
        _table = new NativeBuffer(strips * sizeof(float*) / sizeof(float));
    }

    /// <summary>Settled events, whose keys and values stand here.</summary>
    public int EventCount { get; private set; }

    /// <summary>Native memory of keys and values, in bytes.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Forgets all events and keeps the memory; also what to do when the model's weights have changed.</summary>
    public void Clear() => EventCount = 0;

    /// <summary>Gives the memory back to the model, for its next caches.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        while (_stripCount > 0) _model.Strips.Return(Table[--_stripCount], StripFloats(_stripRows));
        _table.Dispose();
        MemoryBytes = 0;
    }

    /// <summary>Keys and values of a block's heads.</summary>
    internal KeyStrips Heads(int block) => Strips(block * _layout.BlockFloats);

    /// <summary>Values of a block's channels.</summary>
    internal KeyStrips Channels(int block) => Strips(block * _layout.BlockFloats + _layout.HeadFloats);

    /// <summary>Takes the cache for one encoding of <paramref name="events"/> events.</summary>
    /// <exception cref="ArgumentException">The cache is not of this model, or not of this history.</exception>
    /// <exception cref="InvalidOperationException">Another caller has it.</exception>
    internal void Begin(RecommenderModel model, int events, bool hasTimes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (model != _model) throw new ArgumentException("a key/value cache belongs to the model that it was made for; make one for this model");
        if (Interlocked.Exchange(ref _busy, 1) != 0) throw new InvalidOperationException("a key/value cache serves one history of one caller at a time");
        if (EventCount < events && (EventCount == 0 || hasTimes == _hasTimes)) return;
        End();
        throw new ArgumentException(EventCount >= events
            ? $"a history of {events} events does not go on from the {EventCount} that the cache has settled; clear the cache"
            : $"the cache was filled {(_hasTimes ? "with" : "without")} times, and this batch has {(hasTimes ? "them" : "none")}; clear the cache");
    }

    /// <summary>Makes room for <paramref name="tokens"/> rows, at most the window's.</summary>
    internal void Reserve(int tokens)
    {
        int rows = Math.Min(CausalAttention.BlockRows, (int)BitOperations.RoundUpToPowerOf2((uint)Simd.Pad(tokens)));
        if (_stripCount == 1 && _stripRows < rows)
        {
            float* narrow = Table[0], wide = _model.Strips.Rent(StripFloats(rows));
            _layout.Widen(narrow, _stripRows, wide, rows);
            _model.Strips.Return(narrow, StripFloats(_stripRows));
            Table[0] = wide;
            MemoryBytes = StripFloats(rows) * sizeof(float);
        }
        if (_stripRows < rows) _stripRows = rows;
        while (_stripCount * _stripRows < tokens) Add(_stripRows);
    }

    /// <summary>Counts events as settled whose rows stand here.</summary>
    internal void Settle(int events, bool hasTimes) => (EventCount, _hasTimes) = (events, hasTimes);

    /// <summary>Gives the cache back.</summary>
    internal void End() => Volatile.Write(ref _busy, 0);

    private float** Table => (float**)_table.Pointer;

    private long StripFloats(int rows) => (long)rows * _layout.Blocks * _layout.BlockFloats;

    private void Add(int rows)
    {
        Table[_stripCount++] = _model.Strips.Rent(StripFloats(rows));
        MemoryBytes += StripFloats(rows) * sizeof(float);
    }

    private KeyStrips Strips(int floatsBefore) => new() { Table = Table, Offset = (nint)floatsBefore * _stripRows, Rows = _stripRows };
}
