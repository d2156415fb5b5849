namespace Sequor.Modeling.Encoders;

/// <summary>Activation of the pointwise layer of SASRec.</summary>
public enum FeedForwardActivation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·Φ(x) with the error function.</summary>
    Gelu,
}

/// <summary>Settings of the SASRec encoder, arXiv 1808.09781 (gin scope <c>sasrec_encoder</c>).</summary>
public sealed record SasRecConfig
{
    /// <summary>Number of blocks (<c>num_blocks</c>).</summary>
    public int BlockCount { get; init; } = 2;

    /// <summary>Number of heads (<c>num_heads</c>); must divide the embedding width.</summary>
    public int HeadCount { get; init; } = 1;

    /// <summary>Hidden width of the pointwise layer (<c>ffn_hidden_dim</c>).</summary>
    public int FeedForwardDim { get; init; } = 64;

    /// <summary>Activation of the pointwise layer (<c>ffn_activation_fn</c> <c>"relu"</c> or <c>"gelu"</c>).</summary>
    public FeedForwardActivation Activation { get; init; } = FeedForwardActivation.Relu;

    /// <summary>Dropout on attention weights and in the pointwise layer (<c>ffn_dropout_rate</c>).</summary>
    public double DropoutRate { get; init; } = 0.2;
}
