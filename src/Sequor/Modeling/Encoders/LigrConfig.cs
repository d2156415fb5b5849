namespace Sequor.Modeling.Encoders;

/// <summary>Settings of the LiGR encoder, arXiv 2502.03417 (gin scope <c>ligr_encoder</c>).</summary>
public sealed record LigrConfig
{
    /// <summary>Number of blocks (<c>num_blocks</c>).</summary>
    public int BlockCount { get; init; } = 2;

    /// <summary>Number of heads (<c>num_heads</c>); must divide the embedding width.</summary>
    public int HeadCount { get; init; } = 1;

    /// <summary>Hidden width of the gated feed-forward layer (<c>ffn_hidden_dim</c>).</summary>
    public int FeedForwardDim { get; init; } = 256;

    /// <summary>Dropout on attention weights and on what either half of a block adds (<c>dropout_rate</c>).</summary>
    public double DropoutRate { get; init; } = 0.2;
}
