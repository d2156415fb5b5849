using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>The model's own score of a query and any up to 64 items: the same bits as brute force has.</summary>
internal abstract unsafe class ItemScorer
{
    /// <summary>Floats of working memory.</summary>
    internal abstract long MemorySize { get; }

    /// <summary>Fills scores (items).</summary>
    internal abstract void Score(float* query, ReadOnlySpan<int> items, float* memory, float* scores);
}

/// <summary>Dot products in float32.</summary>
internal sealed unsafe class DotScorer(ItemVectors vectors) : ItemScorer
{
    internal override long MemorySize => vectors.RowsSize + (long)(vectors.Dim + 1) * ItemBlock.Items;

    internal override void Score(float* query, ReadOnlySpan<int> items, float* memory, float* scores)
    {
        float* block = memory + vectors.RowsSize, all = block + vectors.Dim * ItemBlock.Items;
        vectors.Pack(items, memory, block);
        ItemBlock.Score(query, vectors.Stride, 1, block, vectors.Dim, all);
        new ReadOnlySpan<float>(all, items.Length).CopyTo(new Span<float>(scores, items.Length));
    }
}

/// <summary>Mixtures of logits.</summary>
internal sealed unsafe class MixtureScorer(MixtureRows rows) : ItemScorer
{
    // Rows that are transposed while they are in L1.
    private const int Group = Simd.RowAlignment;

    internal override long MemorySize => (long)rows.Layout.ItemWidth * (Group + ItemBlock.Items) + MixtureTile.Size(rows.Gate, ItemBlock.Items);

    internal override void Score(float* query, ReadOnlySpan<int> items, float* memory, float* scores)
    {
        MixtureGate gate = rows.Gate;
        int width = gate.Layout.ItemWidth, lanes = Simd.Pad(items.Length);
        float* block = memory + Group * width;
        for (int first = 0; first < lanes; first += Group)
        {
            int count = Math.Min(Group, items.Length - first);
            for (int i = 0; i < count; i++) new ReadOnlySpan<float>(rows[items[first + i]], width).CopyTo(new Span<float>(memory + i * width, width));
            Layout.Transpose(memory, width, block + first, lanes, count, width, Group);
        }
        var tile = new MixtureTile(block + lanes * width, gate, lanes, differentiates: false, dropsLogits: false, dropsWeights: false);
        MixtureScores.Forward(gate, query, block, tile);
        new ReadOnlySpan<float>(tile.Scores, items.Length).CopyTo(new Span<float>(scores, items.Length));
    }
}
