using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>The catalogue as blocks of 64 transposed item vectors, normalised as the model scores them, in one of three precisions.</summary>
internal sealed unsafe class ItemBlocks : CatalogueBlocks
{
    private readonly QuantizationError[] _errors;
    private readonly RecommenderModel _model;
    private readonly bool _normalize;
    private readonly float _epsilon;

    internal ItemBlocks(RecommenderModel model, IndexPrecision precision, WorkerPool workers)
        : base(model.ItemCount, BlockSize(model.Items.Value.Columns, precision))
    {
        _model = model;
        Precision = precision;
        Dim = model.Items.Value.Columns;
        _normalize = model.Config.ItemL2Norm;
        _epsilon = (float)model.Config.L2NormEpsilon;
        _errors = precision == IndexPrecision.Float32 ? [] : new QuantizationError[Count];
        // A run of blocks a piece: a huge page is touched by one thread.
        const int Run = 64;
        workers.Run((Count + Run - 1) / Run, run =>
        {
            for (int block = run * Run; block < Math.Min(Count, (run + 1) * Run); block++) Fill(block);
        });
    }

    internal IndexPrecision Precision { get; }

    internal int Dim { get; }

    internal override long PairWork => Dim;

    /// <summary>What quantisation did to a block.</summary>
    internal QuantizationError Error(int block) => _errors[block];

    /// <summary>Packs any up to 64 items into a float32 block (dim × 64), the same bits as the float32 index holds.</summary>
    internal void Gather(ReadOnlySpan<int> items, float* rows, float* block)
    {
        Matrix table = _model.Items.Value;
        for (int i = 0; i < items.Length; i++) new ReadOnlySpan<float>(table.Row(items[i]), table.Stride).CopyTo(new Span<float>(rows + i * table.Stride, table.Stride));
        ItemBlock.Pack(rows, table.Stride, items.Length, Dim, _normalize, _epsilon, block);
    }

    private static int BlockSize(int dim, IndexPrecision precision) => precision switch
    {
        IndexPrecision.Float32 => dim * ItemBlock.Items,
        IndexPrecision.BFloat16 => QuantizedBlock.BFloat16Size(dim),
        IndexPrecision.Int8 => QuantizedBlock.Int8Size(dim),
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "unknown precision"),
    };

    private void Fill(int block)
    {
        Matrix table = _model.Items.Value;
        float* target = this[block], tile = Precision == IndexPrecision.Float32 ? target : Scratch.Take(Dim * ItemBlock.Items);
        int first = block * ItemBlock.Items;
        ItemBlock.Pack(table.Row(first + 1), table.Stride, ItemsIn(block), Dim, _normalize, _epsilon, tile);
        if (Precision == IndexPrecision.BFloat16) _errors[block] = QuantizedBlock.ToBFloat16(tile, Dim, target);
        else if (Precision == IndexPrecision.Int8) _errors[block] = QuantizedBlock.ToInt8(tile, Dim, target);
    }
}
