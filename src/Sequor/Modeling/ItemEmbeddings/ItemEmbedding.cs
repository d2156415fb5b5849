using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>
/// Makes the item table that everyone else reads, (X + 1, D) with row 0 for padding. What is learned may be that table, or smaller ones
/// from which it is put together; losses, index and serving need not know.
/// </summary>
internal abstract class ItemEmbedding : IDisposable
{
    /// <summary>The item table (X + 1, D). Operations that read it leave its gradient there.</summary>
    internal abstract Parameter Items { get; }

    /// <summary>What is learned.</summary>
    internal abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>What the rows of the learned tables stand for, in the order of <see cref="Parameters"/>.</summary>
    internal abstract IReadOnlyList<LabelledTable> Tables { get; }

    /// <summary>The embedding that a configuration names.</summary>
    /// <exception cref="InvalidInputException">The data lack an attribute that it needs, or the table is to be held in part and is not learned itself.</exception>
    internal static ItemEmbedding Create(ModelConfig config, int itemCount, IReadOnlyList<CategoricalAttribute> attributes, bool heldInPart)
    {
        var available = new AvailableAttributes(config.ItemEmbedding, attributes);
        if (heldInPart && config.ItemEmbedding.Kind != ItemEmbeddingKind.Local)
            throw new InvalidInputException("train_fn.embedding_sharding = \"rows\" deals out a table with a row an item (train_fn.embedding_module_type = \"local\"); tables of attributes are small: take \"replicated\"");
        return config.ItemEmbedding.Kind switch
        {
            ItemEmbeddingKind.Local => new LocalItemEmbedding(itemCount, config.EmbeddingDim, heldInPart),
            ItemEmbeddingKind.Categorical => CategoricalItemEmbedding.Of(available.Category(), config.EmbeddingDim),
            ItemEmbeddingKind.Features => new FeatureItemEmbedding(itemCount, available.Features(), config.EmbeddingDim, config.ItemEmbedding.IdDropoutRate),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.ItemEmbedding.Kind, "unknown item embedding"),
        };
    }

    /// <summary>Draws initial weights; <paramref name="popularity"/> holds the training events of each item (X + 1), or is empty when every item has some.</summary>
    internal abstract void Initialize(WeightInitializer initializer, ReadOnlySpan<long> popularity);

    /// <summary>Takes note of the items without training events (X + 1 counts, or empty when every item has some), after new weights were set.</summary>
    internal virtual void Observe(ReadOnlySpan<long> popularity) { }

    /// <summary>Brings the table up to date with what was learned, without dropout.</summary>
    internal abstract void Refresh(WorkerPool workers);

    /// <summary>
    /// Begins a pass. One that differentiates puts the table together for its step and carries the table's gradient to what is learned when
    /// it walks back; any other only reads, so that many may run at a time.
    /// </summary>
    internal abstract void Begin(Tape tape);

    /// <summary>Ends the native memory that is no learned parameter's.</summary>
    public abstract void Dispose();
}
