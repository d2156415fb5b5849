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

/// <summary>Mixtures of logits, of items' rows brought together in a block.</summary>
internal abstract unsafe class MixtureScorer : ItemScorer
{
    internal override long MemorySize => RoomSize + (long)Gate.Layout.ItemWidth * ItemBlock.Items + MixtureTile.Size(Gate, ItemBlock.Items);

    protected abstract ref readonly MixtureGate Gate { get; }

    /// <summary>Floats that <see cref="Pack"/> needs.</summary>
    protected abstract int RoomSize { get; }

    internal override void Score(float* query, ReadOnlySpan<int> items, float* memory, float* scores)
    {
        int lanes = Simd.Pad(items.Length);
        float* block = memory + RoomSize;
        Pack(items, lanes, memory, block);
        var tile = new MixtureTile(block + (long)lanes * Gate.Layout.ItemWidth, Gate, lanes, differentiates: false, dropsLogits: false, dropsWeights: false);
        MixtureScores.Forward(Gate, query, block, tile);
        new ReadOnlySpan<float>(tile.Scores, items.Length).CopyTo(new Span<float>(scores, items.Length));
    }

    /// <summary>Packs items into a block (item width × lanes), zero behind the last.</summary>
    protected abstract void Pack(ReadOnlySpan<int> items, int lanes, float* room, float* block);
}

/// <summary>Mixtures of logits, from rows that lie one behind the other.</summary>
internal sealed unsafe class MixtureRowScorer(MixtureRows rows) : MixtureScorer
{
    // Rows that are transposed while they are in L1.
    private const int Group = Simd.RowAlignment;

    protected override ref readonly MixtureGate Gate => ref rows.Gate;

    protected override int RoomSize => rows.Layout.ItemWidth * Group;

    protected override void Pack(ReadOnlySpan<int> items, int lanes, float* room, float* block)
    {
        int width = rows.Layout.ItemWidth;
        for (int first = 0; first < lanes; first += Group)
        {
            int count = Math.Min(Group, items.Length - first);
            for (int i = 0; i < count; i++) new ReadOnlySpan<float>(rows[items[first + i]], width).CopyTo(new Span<float>(room + i * width, width));
            Layout.Transpose(room, width, block + first, lanes, count, width, Group);
        }
    }
}

/// <summary>Mixtures of logits, from lanes of the catalogue's blocks.</summary>
internal sealed unsafe class MixtureLaneScorer(MixtureBlocks blocks) : MixtureScorer
{
    protected override ref readonly MixtureGate Gate => ref blocks.Gate;

    protected override int RoomSize => 0;

    // A lane at a time: its places are a constant step apart, which the hardware foresees.
    protected override void Pack(ReadOnlySpan<int> items, int lanes, float* room, float* block)
    {
        int width = Gate.Layout.ItemWidth;
        for (int i = 0; i < lanes; i++)
        {
            float* lane = i < items.Length ? blocks[(items[i] - 1) / ItemBlock.Items] + (items[i] - 1) % ItemBlock.Items : null;
            for (int c = 0; c < width; c++) block[c * lanes + i] = lane == null ? 0f : lane[c * ItemBlock.Items];
        }
    }
}
