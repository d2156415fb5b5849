namespace Sequor.Modeling.Encoders;

/// <summary>Settings of the FuXi encoders, arXiv 2502.03036 (α) and 2508.10615 (β), under the names of FuXi's own experiments (gin scope <c>fuxi_encoder</c>).</summary>
public sealed record FuXiConfig
{
    /// <summary>Number of blocks (<c>num_blocks</c>).</summary>
    public int BlockCount { get; init; } = 2;

    /// <summary>Number of heads (<c>num_heads</c>).</summary>
    public int HeadCount { get; init; } = 1;

    /// <summary>Width of queries and keys per head (<c>dqk</c>); α only.</summary>
    public int QueryKeyDim { get; init; } = 64;

    /// <summary>Width of values per head (<c>dv</c>).</summary>
    public int ValueDim { get; init; } = 64;

    /// <summary>Dropout before the output projection and before the feed-forward layer (<c>linear_dropout_rate</c>).</summary>
    public double LinearDropoutRate { get; init; }

    /// <summary>Hidden width of the feed-forward layer in embedding widths (<c>ffn_multiply</c>).</summary>
    public int FeedForwardMultiplier { get; init; } = 1;
}
