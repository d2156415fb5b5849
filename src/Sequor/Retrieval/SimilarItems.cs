using System.Collections.Concurrent;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>
/// The items most like one: exact search by the cosine of the rows of the item table, float32, equal ones by item index. Thread-safe.
/// </summary>
/// <remarks>Memory: X·D bytes, or none of its own where an index of the model scans normalised rows already.</remarks>
public sealed class SimilarItems : IDisposable
{
    private readonly ItemVectors _vectors;
    private readonly MipsBruteForce _index;
    private readonly bool _owns;
    private readonly ConcurrentBag<Caller> _idle = [];

    /// <summary>Indexes the model's items.</summary>
    /// <param name="model">The model; it must outlive this and keep its weights.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="index">An index of the model that lives as long as this and is shared if it can be; null for one of its own.</param>
    public SimilarItems(RecommenderModel model, WorkerPool workers, ITopKIndex? index = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(workers);
        _vectors = new TableVectors(model, normalize: true);
        bool shares = model.Config.ItemL2Norm && index is MipsBruteForce mips && mips.Searches(model);
        _index = shares ? (MipsBruteForce)index! : new MipsBruteForce(_vectors, workers, IndexPrecision.Int8);
        _owns = !shares;
    }

    /// <summary>Bytes that this keeps besides the model and the index it shares.</summary>
    public long MemoryBytes => _owns ? _index.MemoryBytes : 0;

    /// <summary>The items with the highest cosines, best first; the item itself is not among them.</summary>
    /// <param name="item">Item index 1 … X.</param>
    /// <param name="among">The items to choose from; all when null.</param>
    /// <param name="k">Results wanted.</param>
    /// <param name="items">Item indices (k); 0 where fewer than k items remain.</param>
    /// <param name="scores">Cosines (k), float32; −∞ where fewer than k items remain.</param>
    public unsafe void Search(int item, ItemSet? among, int k, Span<int> items, Span<float> scores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(item, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item, _vectors.ItemCount);
        if (!_idle.TryTake(out Caller? caller)) caller = new Caller(_vectors);
        caller.Excluded.Clear();
        caller.Excluded.Add([item], among);
        // The item is packed as the index packs it, which divides it by its length.
        _vectors.Pack([item], caller.Room.Pointer, caller.Block);
        for (int c = 0; c < _vectors.Dim; c++) caller.Query.Pointer[c] = caller.Block[c * ItemBlock.Items];
        _index.Search(new Matrix(caller.Query.Pointer, null, 1, _vectors.Dim), caller.Excluded, k, items, scores);
        _idle.Add(caller);
    }

    /// <summary>Ends the native memory; no search may be under way.</summary>
    public void Dispose()
    {
        while (_idle.TryTake(out Caller? caller)) caller.Dispose();
        if (_owns) _index.Dispose();
    }

    private sealed unsafe class Caller(ItemVectors vectors) : IDisposable
    {
        internal NativeBuffer Room { get; } = new(vectors.RowsSize + (long)vectors.Dim * ItemBlock.Items);

        internal float* Block => Room.Pointer + vectors.RowsSize;

        internal NativeBuffer Query { get; } = new(vectors.Stride);

        internal ExcludedItems Excluded { get; } = new();

        public void Dispose()
        {
            Room.Dispose();
            Query.Dispose();
        }
    }
}
