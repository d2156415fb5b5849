using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>e[i] = table[i] (LocalEmbeddingModule): what is learned is the table itself.</summary>
internal sealed class LocalItemEmbedding(int itemCount, int dim, bool heldInPart) : ItemEmbedding
{
    internal override Parameter Items { get; } = new(TableName, [itemCount + 1, dim], isTable: true, heldInPart);

    internal override IReadOnlyList<Parameter> Parameters => [Items];

    internal override IReadOnlyList<LabelledTable> Tables => [new(Items, Attribute: null)];

    /// <summary>Name of the reference for whatever table an embedding learns.</summary>
    internal const string TableName = "_embedding_module._item_emb.weight";

    internal override void Initialize(WeightInitializer initializer, ReadOnlySpan<long> popularity) => initializer.TruncatedNormal(Items, 0.02);

    internal override void Refresh(WorkerPool workers) { }

    internal override void Begin(Tape tape) { }

    public override void Dispose() { }
}
