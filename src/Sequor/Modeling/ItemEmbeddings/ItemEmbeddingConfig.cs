namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>Where the vector of an item comes from (<c>train_fn.embedding_module_type</c>).</summary>
public enum ItemEmbeddingKind
{
    /// <summary>A row of its own (gin <c>"local"</c>).</summary>
    Local,

    /// <summary>The row of its category (gin <c>"categorical"</c>).</summary>
    Categorical,

    /// <summary>A row of its own and rows of its attributes' values, added up (gin <c>"features"</c>).</summary>
    Features,
}

/// <summary>Settings of the item embedding.</summary>
public sealed record ItemEmbeddingConfig
{
    /// <summary>Kind (<c>train_fn.embedding_module_type</c>).</summary>
    public ItemEmbeddingKind Kind { get; init; } = ItemEmbeddingKind.Local;

    /// <summary>Attribute whose first value is the category (<c>train_fn.item_category</c>), read by <see cref="ItemEmbeddingKind.Categorical"/>.</summary>
    public string Category { get; init; } = "genres";

    /// <summary>Attributes that are added up (<c>train_fn.item_features</c>), read by <see cref="ItemEmbeddingKind.Features"/>; empty for all that the data have.</summary>
    public ValueList<string> Features { get; init; } = [];

    /// <summary>Share of the items whose own row is left out of a training step (<c>train_fn.item_id_dropout_rate</c>), so that attributes learn to carry weight.</summary>
    public double IdDropoutRate { get; init; } = 0.1;
}
