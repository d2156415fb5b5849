using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>One vector an item, in blocks of 64, transposed, in one of three precisions.</summary>
internal sealed unsafe class ItemBlocks : CatalogueBlocks
{
    private readonly QuantizationError[] _errors;

    internal ItemBlocks(ItemVectors vectors, IndexPrecision precision, WorkerPool workers)
        : base(vectors.ItemCount, BlockSize(vectors.Dim, precision))
    {
        Vectors = vectors;
        Precision = precision;
        _errors = precision == IndexPrecision.Float32 ? [] : new QuantizationError[Count];
        // A run of blocks a piece: a huge page is touched by one thread.
        const int Run = 64;
        workers.Run((Count + Run - 1) / Run, run =>
        {
            for (int block = run * Run; block < Math.Min(Count, (run + 1) * Run); block++) Fill(block);
        });
    }

    internal IndexPrecision Precision { get; }

    /// <summary>Where the vectors come from, in float32; narrow precisions read it at every search.</summary>
    internal ItemVectors Vectors { get; }

    internal int Dim => Vectors.Dim;

    internal override long PairWork => Dim;

    internal override long MemoryBytes => base.MemoryBytes + (long)_errors.Length * sizeof(QuantizationError);

    /// <summary>What quantisation did to a block.</summary>
    internal QuantizationError Error(int block) => _errors[block];

    private static int BlockSize(int dim, IndexPrecision precision) => precision switch
    {
        IndexPrecision.Float32 => dim * ItemBlock.Items,
        IndexPrecision.BFloat16 => QuantizedBlock.BFloat16Size(dim),
        IndexPrecision.Int8 => QuantizedBlock.Int8Size(dim),
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "unknown precision"),
    };

    private void Fill(int block)
    {
        Span<int> items = stackalloc int[ItemBlock.Items];
        items = items[..ItemsIn(block)];
        for (int i = 0; i < items.Length; i++) items[i] = block * ItemBlock.Items + i + 1;
        float* rows = Scratch.Take(Vectors.RowsSize + (long)Dim * ItemBlock.Items), target = this[block];
        float* tile = Precision == IndexPrecision.Float32 ? target : rows + Vectors.RowsSize;
        Vectors.Pack(items, rows, tile);
        if (Precision == IndexPrecision.BFloat16) _errors[block] = QuantizedBlock.ToBFloat16(tile, Dim, target);
        else if (Precision == IndexPrecision.Int8) _errors[block] = QuantizedBlock.ToInt8(tile, Dim, target);
    }
}
