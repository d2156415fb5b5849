using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>The catalogue's mixture rows, components and gate, in blocks of 64, transposed (item width × 64): X · item width floats.</summary>
internal sealed unsafe class MixtureBlocks : CatalogueBlocks
{
    private readonly MixtureOfLogits _mixture;

    internal MixtureBlocks(MixtureItems items, WorkerPool workers)
        : base(items.Count, (long)items.Mixture.Layout.ItemWidth * ItemBlock.Items)
    {
        _mixture = items.Mixture;
        items.ForEachChunk(workers, (first, rows) =>
            workers.Run((rows.Rows + ItemBlock.Items - 1) / ItemBlock.Items, i =>
            {
                int block = first / ItemBlock.Items + i;
                Layout.Transpose(rows.Row(i * ItemBlock.Items), rows.Stride, this[block], ItemBlock.Items, ItemsIn(block), rows.Stride);
            }));
    }

    internal override long PairWork => Gate.PairWork;

    /// <summary>Floats of a query row.</summary>
    internal int QueryWidth => _mixture.QueryWidth;

    /// <summary>The model's gate, as it stands now.</summary>
    internal ref readonly MixtureGate Gate => ref _mixture.Gate;
}
