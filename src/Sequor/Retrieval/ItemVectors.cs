using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>One float32 vector an item, for an index to pack into blocks and to score candidates by.</summary>
internal abstract unsafe class ItemVectors(int itemCount, int dim, bool normalize = false, float epsilon = 0)
{
    internal int ItemCount => itemCount;

    internal int Dim => dim;

    /// <summary>Whether vectors are divided by their length.</summary>
    internal bool Normalize => normalize;

    /// <summary>Smallest length that is divided by.</summary>
    internal float Epsilon => epsilon;

    /// <summary>Floats from one row to the next.</summary>
    internal int Stride => Simd.Pad(dim);

    /// <summary>Floats of 64 rows.</summary>
    internal int RowsSize => Stride * ItemBlock.Items;

    /// <summary>Copies an item's vector, not normalised: <see cref="Stride"/> floats, zero behind the last component.</summary>
    internal abstract void Read(int item, float* row);

    /// <summary>Packs any up to 64 items into a block (dim × 64): the same bits wherever an item stands. <paramref name="rows"/> is room for <see cref="RowsSize"/> floats.</summary>
    internal void Pack(ReadOnlySpan<int> items, float* rows, float* block)
    {
        for (int i = 0; i < items.Length; i++) Read(items[i], rows + i * Stride);
        ItemBlock.Pack(rows, Stride, items.Length, dim, normalize, epsilon, block);
    }
}

/// <summary>The rows of a model's item table.</summary>
internal sealed unsafe class TableVectors(RecommenderModel model, bool normalize)
    : ItemVectors(model.ItemCount, model.Config.EmbeddingDim, normalize, (float)model.Config.L2NormEpsilon)
{
    /// <summary>As a dot product sees them.</summary>
    internal TableVectors(RecommenderModel model) : this(model, model.Config.ItemL2Norm)
    {
    }

    internal RecommenderModel Model => model;

    internal override void Read(int item, float* row)
    {
        Matrix table = model.Items.Value;
        new ReadOnlySpan<float>(table.Row(item), Stride).CopyTo(new Span<float>(row, Stride));
    }
}

/// <summary>The vectors of neighbouring items.</summary>
internal sealed unsafe class RangeVectors(ItemVectors vectors, int first, int count) : ItemVectors(count, vectors.Dim, vectors.Normalize, vectors.Epsilon)
{
    internal override void Read(int item, float* row) => vectors.Read(first + item - 1, row);
}

/// <summary>One of the components of each item.</summary>
internal sealed unsafe class ComponentVectors(MixtureRows rows, int group) : ItemVectors(rows.ItemCount, rows.Layout.Dim)
{
    internal override void Read(int item, float* row) => new ReadOnlySpan<float>(rows[item] + group * Stride, Stride).CopyTo(new Span<float>(row, Stride));
}

/// <summary>The mean of each item's components.</summary>
internal sealed unsafe class MeanVectors(MixtureRows rows) : ItemVectors(rows.ItemCount, rows.Layout.Dim)
{
    internal override void Read(int item, float* row)
    {
        float share = 1f / rows.Layout.ItemGroups;
        for (int c = 0; c < Stride; c++)
        {
            float sum = 0;
            for (int x = 0; x < rows.Layout.ItemGroups; x++) sum += rows[item][x * Stride + c];
            row[c] = sum * share;
        }
    }
}

/// <summary>The vectors of some items, in the order of the list.</summary>
internal sealed unsafe class SampleVectors(ItemVectors vectors, int[] items) : ItemVectors(items.Length, vectors.Dim, vectors.Normalize, vectors.Epsilon)
{
    internal override void Read(int item, float* row) => vectors.Read(items[item - 1], row);
}
