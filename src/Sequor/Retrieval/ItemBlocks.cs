using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>The catalogue as blocks of 64 transposed item vectors, normalised as the model scores them, in one of three precisions.</summary>
internal sealed unsafe class ItemBlocks : IDisposable
{
    private readonly NativeBuffer _memory;
    private readonly QuantizationError[] _errors;
    private readonly RecommenderModel _model;
    private readonly int _blockSize;
    private readonly bool _normalize;
    private readonly float _epsilon;

    internal ItemBlocks(RecommenderModel model, IndexPrecision precision, WorkerPool workers)
    {
        _model = model;
        Precision = precision;
        ItemCount = model.ItemCount;
        Dim = model.Items.Value.Columns;
        Count = (ItemCount + ItemBlock.Items - 1) / ItemBlock.Items;
        _normalize = model.Config.ItemL2Norm;
        _epsilon = (float)model.Config.L2NormEpsilon;
        _blockSize = precision switch
        {
            IndexPrecision.Float32 => Dim * ItemBlock.Items,
            IndexPrecision.BFloat16 => QuantizedBlock.BFloat16Size(Dim),
            IndexPrecision.Int8 => QuantizedBlock.Int8Size(Dim),
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "unknown precision"),
        };
        _errors = precision == IndexPrecision.Float32 ? [] : new QuantizationError[Count];
        _memory = new NativeBuffer((long)Count * _blockSize, clear: false);
        // A run of blocks a piece: a huge page is touched by one thread.
        const int Run = 64;
        workers.Run((Count + Run - 1) / Run, run =>
        {
            for (int block = run * Run; block < Math.Min(Count, (run + 1) * Run); block++) Fill(block);
        });
    }

    internal IndexPrecision Precision { get; }

    internal int ItemCount { get; }

    internal int Dim { get; }

    /// <summary>Number of blocks.</summary>
    internal int Count { get; }

    /// <summary>Bytes of a block.</summary>
    internal long BlockBytes => (long)_blockSize * sizeof(float);

    internal float* this[int block] => _memory.Pointer + (long)block * _blockSize;

    /// <summary>What quantisation did to a block.</summary>
    internal QuantizationError Error(int block) => _errors[block];

    /// <summary>The lanes of a block that hold items.</summary>
    internal ulong Lanes(int block)
    {
        int items = ItemCount - block * ItemBlock.Items;
        return items >= ItemBlock.Items ? ulong.MaxValue : (1ul << items) - 1;
    }

    /// <summary>Packs any up to 64 items into a float32 block (dim × 64), the same bits as the float32 index holds.</summary>
    internal void Gather(ReadOnlySpan<int> items, float* rows, float* block)
    {
        Matrix table = _model.Items.Value;
        for (int i = 0; i < items.Length; i++) new ReadOnlySpan<float>(table.Row(items[i]), table.Stride).CopyTo(new Span<float>(rows + i * table.Stride, table.Stride));
        ItemBlock.Pack(rows, table.Stride, items.Length, Dim, _normalize, _epsilon, block);
    }

    public void Dispose() => _memory.Dispose();

    private void Fill(int block)
    {
        Matrix table = _model.Items.Value;
        float* target = this[block], tile = Precision == IndexPrecision.Float32 ? target : Scratch.Take(Dim * ItemBlock.Items);
        int first = block * ItemBlock.Items;
        ItemBlock.Pack(table.Row(first + 1), table.Stride, Math.Min(ItemBlock.Items, ItemCount - first), Dim, _normalize, _epsilon, tile);
        if (Precision == IndexPrecision.BFloat16) _errors[block] = QuantizedBlock.ToBFloat16(tile, Dim, target);
        else if (Precision == IndexPrecision.Int8) _errors[block] = QuantizedBlock.ToInt8(tile, Dim, target);
    }
}
