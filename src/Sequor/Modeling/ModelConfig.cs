using Sequor.Modeling.Encoders;
using Sequor.Modeling.ItemEmbeddings;

namespace Sequor.Modeling;

/// <summary>Which encoder turns embedded histories into states (<c>train_fn.main_module</c>).</summary>
public enum EncoderKind
{
    /// <summary>Self-attentive sequential recommendation, arXiv 1808.09781.</summary>
    SasRec,

    /// <summary>Hierarchical sequential transduction unit, arXiv 2402.17152.</summary>
    Hstu,
}

/// <summary>What happens to a state before it meets the items (<c>train_fn.user_embedding_norm</c>).</summary>
public enum OutputNorm
{
    /// <summary>x / max(‖x‖, eps) (gin <c>"l2_norm"</c>).</summary>
    L2,

    /// <summary>Layer norm without affine parameters (gin <c>"layer_norm"</c>).</summary>
    LayerNorm,
}

/// <summary>Everything that fixes the architecture of a model; saved in its manifest.</summary>
public sealed record ModelConfig
{
    /// <summary>Encoder (<c>train_fn.main_module</c>).</summary>
    public EncoderKind Encoder { get; init; } = EncoderKind.SasRec;

    /// <summary>Embedding width D (<c>train_fn.item_embedding_dim</c>).</summary>
    public int EmbeddingDim { get; init; } = 240;

    /// <summary>Events of a history that are seen (<c>train_fn.max_sequence_length</c>).</summary>
    public int MaxSequenceLength { get; init; } = 200;

    /// <summary>Spare columns behind the history (<c>train_fn.gr_output_length</c>); the window is N = history + spare + 1.</summary>
    public int OutputLength { get; init; } = 10;

    /// <summary>Where item vectors come from (<c>train_fn.embedding_module_type</c> and its settings).</summary>
    public ItemEmbeddingConfig ItemEmbedding { get; init; } = new();

    /// <summary>Dropout on embedded inputs (<c>train_fn.dropout_rate</c>).</summary>
    public double DropoutRate { get; init; } = 0.2;

    /// <summary>Output postprocessor (<c>train_fn.user_embedding_norm</c>).</summary>
    public OutputNorm OutputNorm { get; init; } = OutputNorm.L2;

    /// <summary>L2-normalises item vectors wherever they are scored (<c>train_fn.item_l2_norm</c>).</summary>
    public bool ItemL2Norm { get; init; }

    /// <summary>Smallest norm that L2 normalisation divides by (<c>train_fn.l2_norm_eps</c>).</summary>
    public double L2NormEpsilon { get; init; } = 1e-6;

    /// <summary>Settings of HSTU, read when <see cref="Encoder"/> is <see cref="EncoderKind.Hstu"/>.</summary>
    public HstuConfig Hstu { get; init; } = new();

    /// <summary>Settings of SASRec, read when <see cref="Encoder"/> is <see cref="EncoderKind.SasRec"/>.</summary>
    public SasRecConfig SasRec { get; init; } = new();

    /// <summary>The window N: attention divisor, rows of the position table and half the width of the position bias.</summary>
    public int Window => MaxSequenceLength + OutputLength + 1;
}
