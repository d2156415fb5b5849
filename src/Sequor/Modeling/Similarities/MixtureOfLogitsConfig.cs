namespace Sequor.Modeling.Similarities;

/// <summary>How the parts of a gate are combined (<c>create_mol_interaction_module.gating_combination_type</c>); z = query part ⊙ item part + pair part.</summary>
public enum GatingCombination
{
    /// <summary>z · σ(z) (gin <c>"glu_silu"</c>).</summary>
    GluSilu,

    /// <summary>z · σ(LayerNorm(z)) (gin <c>"glu_silu_ln"</c>).</summary>
    GluSiluLayerNorm,

    /// <summary>The sum of the parts there are (gin <c>"none"</c>).</summary>
    Sum,
}

/// <summary>Gate of a two-layer projection whose first layer is a gated linear unit.</summary>
public enum GatedActivation
{
    /// <summary>SiLU (gin <c>"swiglu"</c>).</summary>
    SwiGlu,

    /// <summary>GELU (gin <c>"geglu"</c>).</summary>
    GeGlu,
}

/// <summary>
/// Settings of the Mixture of Logits (<c>create_mol_interaction_module.*</c>; arXiv 2306.04039, 2407.15462). A hidden width of 0 stands for
/// a plain linear layer.
/// </summary>
public sealed record MixtureOfLogitsConfig
{
    /// <summary>Width of a component, D_P (<c>dot_product_dimension</c>).</summary>
    public int ComponentDim { get; init; } = 64;

    /// <summary>Components of a query, P_Q, those of the user among them (<c>query_dot_product_groups</c>).</summary>
    public int QueryGroupCount { get; init; } = 8;

    /// <summary>Components of an item, P_X (<c>item_dot_product_groups</c>).</summary>
    public int ItemGroupCount { get; init; } = 4;

    /// <summary>Component logits are divided by this (<c>temperature</c>).</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>Whether components have length 1 (<c>dot_product_l2_norm</c>).</summary>
    public bool ComponentL2Norm { get; init; } = true;

    /// <summary>Dropout in front of the query's projection (<c>query_dropout_rate</c>).</summary>
    public double QueryDropoutRate { get; init; }

    /// <summary>Hidden width of the query's projection (<c>query_hidden_dim</c>).</summary>
    public int QueryHiddenDim { get; init; } = 512;

    /// <summary>Gated unit of the query's projection (<c>query_nonlinearity</c>).</summary>
    public GatedActivation QueryActivation { get; init; } = GatedActivation.GeGlu;

    /// <summary>Dropout in front of the item's projection (<c>item_dropout_rate</c>); one mask an item and step.</summary>
    public double ItemDropoutRate { get; init; }

    /// <summary>Hidden width of the item's projection (<c>item_hidden_dim</c>).</summary>
    public int ItemHiddenDim { get; init; }

    /// <summary>Gated unit of the item's projection (<c>item_nonlinearity</c>).</summary>
    public GatedActivation ItemActivation { get; init; } = GatedActivation.GeGlu;

    /// <summary>Whether the query alone has a part in the gate (<c>gating_query_fn</c>).</summary>
    public bool QueryGate { get; init; } = true;

    /// <summary>Hidden width of the query's part (<c>gating_query_hidden_dim</c>).</summary>
    public int QueryGateHiddenDim { get; init; } = 128;

    /// <summary>Whether the item alone has a part in the gate (<c>gating_item_fn</c>).</summary>
    public bool ItemGate { get; init; } = true;

    /// <summary>Hidden width of the item's part (<c>gating_item_hidden_dim</c>).</summary>
    public int ItemGateHiddenDim { get; init; } = 128;

    /// <summary>Dropout in front of the item's part (<c>gating_item_dropout_rate</c>).</summary>
    public double ItemGateDropoutRate { get; init; }

    /// <summary>Whether the component logits have a part in the gate (<c>gating_qi_fn</c>; always so in the reference).</summary>
    public bool PairGate { get; init; } = true;

    /// <summary>Hidden width of the logits' part (<c>gating_qi_hidden_dim</c>).</summary>
    public int PairGateHiddenDim { get; init; } = 128;

    /// <summary>Dropout in front of the logits' part (<c>gating_qi_dropout_rate</c>).</summary>
    public double PairGateDropoutRate { get; init; }

    /// <summary>How the parts become a gate (<c>gating_combination_type</c>).</summary>
    public GatingCombination Combination { get; init; } = GatingCombination.GluSilu;

    /// <summary>Dropout on the mixture's weights, which are then made to sum to 1 again (<c>softmax_dropout_rate</c>).</summary>
    public double SoftmaxDropoutRate { get; init; }

    /// <summary>Rows of a user table each, one query component a table (<c>uid_embedding_hash_sizes</c>).</summary>
    public ValueList<int> UserHashSizes { get; init; } = [];

    /// <summary>Dropout on the user's components (<c>uid_dropout_rate</c>).</summary>
    public double UserDropoutRate { get; init; } = 0.5;

    /// <summary>Whether a user's component is dropped as a whole (<c>uid_embedding_level_dropout</c>).</summary>
    public bool UserLevelDropout { get; init; }

    /// <summary>Smallest norm that a component is divided by, and smallest sum of kept weights (<c>eps</c>).</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Whether activations of the query side are computed again in backward (<c>get_similarity_function.activation_checkpoint</c>).</summary>
    public bool ActivationCheckpoint { get; init; }
}
