namespace Sequor.Modeling.Encoders;

/// <summary>How HSTU turns scores into attention weights (<c>hstu_encoder.normalization</c>).</summary>
public enum HstuNormalization
{
    /// <summary>SiLU of the score, divided by the attention normaliser (gin <c>"rel_bias"</c>).</summary>
    RelativeBias,

    /// <summary>Softmax over the row's past, scaled by 1/√dqk, all heads as one (gin <c>"softmax_rel_bias"</c>).</summary>
    SoftmaxRelativeBias,

    /// <summary>
    /// As the reference computes it: softmax over the whole window, then the mask, so that the future leaks into the denominator
    /// (gin <c>"softmax_rel_bias_unmasked"</c>; slow, for comparing numbers).
    /// </summary>
    SoftmaxRelativeBiasUnmasked,
}

/// <summary>What SiLU attention is divided by (<c>hstu_encoder.attention_normalizer</c>).</summary>
public enum AttentionNormalizer
{
    /// <summary>The window N = max_sequence_length + gr_output_length + 1, as the reference does (gin <c>"window"</c>).</summary>
    Window,

    /// <summary>The number of events a row sees, i + 1 (gin <c>"length"</c>).</summary>
    Length,
}

/// <summary>Settings of the HSTU encoder, arXiv 2402.17152 (gin scope <c>hstu_encoder</c>).</summary>
public sealed record HstuConfig
{
    /// <summary>Number of layers (<c>num_blocks</c>).</summary>
    public int BlockCount { get; init; } = 2;

    /// <summary>Number of heads (<c>num_heads</c>).</summary>
    public int HeadCount { get; init; } = 1;

    /// <summary>Width of queries and keys per head (<c>dqk</c>).</summary>
    public int QueryKeyDim { get; init; } = 64;

    /// <summary>Width of values per head (<c>dv</c>).</summary>
    public int ValueDim { get; init; } = 64;

    /// <summary>Dropout before the output projection (<c>linear_dropout_rate</c>).</summary>
    public double LinearDropoutRate { get; init; }

    /// <summary>Dropout on attention weights (<c>attn_dropout_rate</c>); the reference reads it and never applies it.</summary>
    public double AttentionDropoutRate { get; init; }

    /// <summary>How scores become weights (<c>normalization</c>).</summary>
    public HstuNormalization Normalization { get; init; } = HstuNormalization.RelativeBias;

    /// <summary>What SiLU attention is divided by (<c>attention_normalizer</c>).</summary>
    public AttentionNormalizer AttentionNormalizer { get; init; } = AttentionNormalizer.Window;

    /// <summary>Whether u, v, q, k pass through SiLU (<c>linear_activation</c> <c>"silu"</c> or <c>"none"</c>).</summary>
    public bool LinearActivation { get; init; } = true;

    /// <summary>Feeds [u, n, u ⊙ n] to the output projection in place of u ⊙ n (<c>concat_ua</c>).</summary>
    public bool ConcatUa { get; init; }

    /// <summary>Adds the learned position and time bias to the scores (<c>enable_relative_attention_bias</c>).</summary>
    public bool RelativeAttentionBias { get; init; } = true;
}
