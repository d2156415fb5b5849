using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>The catalogue in blocks of 64 transposed items, what a <see cref="BlockScan"/> walks over.</summary>
internal abstract unsafe class CatalogueBlocks : IDisposable
{
    private readonly NativeBuffer _memory;
    private readonly long _blockSize;

    /// <summary>Memory for all items; <paramref name="blockSize"/> floats a block.</summary>
    protected CatalogueBlocks(int itemCount, long blockSize)
    {
        ItemCount = itemCount;
        Count = (itemCount + ItemBlock.Items - 1) / ItemBlock.Items;
        _blockSize = blockSize;
        _memory = new NativeBuffer(Count * blockSize, clear: false);
    }

    internal int ItemCount { get; }

    /// <summary>Number of blocks.</summary>
    internal int Count { get; }

    /// <summary>Multiply-adds that a score takes.</summary>
    internal abstract long PairWork { get; }

    /// <summary>Bytes of a block.</summary>
    internal long BlockBytes => _blockSize * sizeof(float);

    /// <summary>Bytes of all blocks.</summary>
    internal virtual long MemoryBytes => Count * BlockBytes;

    internal float* this[int block] => _memory.Pointer + block * _blockSize;

    /// <summary>The lanes of a block that hold items.</summary>
    internal ulong Lanes(int block)
    {
        int items = ItemsIn(block);
        return items == ItemBlock.Items ? ulong.MaxValue : (1ul << items) - 1;
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Items of a block: 64, in the last one what remains.</summary>
    protected int ItemsIn(int block) => Math.Min(ItemBlock.Items, ItemCount - block * ItemBlock.Items);
}
