using Sequor.Modeling.Encoders;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Modeling.Similarities;

namespace Sequor.Modeling;

/// <summary>Which encoder turns embedded histories into states (<c>train_fn.main_module</c>).</summary>
public enum EncoderKind
{
    /// <summary>Self-attentive sequential recommendation, arXiv 1808.09781.</summary>
    SasRec,

    /// <summary>Hierarchical sequential transduction unit, arXiv 2402.17152.</summary>
    Hstu,

    /// <summary>FuXi-α: channels for place, time and meaning, arXiv 2502.03036.</summary>
    FuXiAlpha,

    /// <summary>FuXi-β: attention by place and time alone, arXiv 2508.10615.</summary>
    FuXiBeta,

    /// <summary>LiGR: a transformer with gated residual connections, arXiv 2502.03417.</summary>
    Ligr,
}

/// <summary>How events become what the encoder reads (<c>train_fn.input_preprocessor</c>).</summary>
public enum InputPreprocessorKind
{
    /// <summary>The item and its place (gin <c>"LearnablePositionalEmbedding"</c>).</summary>
    LearnablePositionalEmbedding,

    /// <summary>The rating's vector beside the item's in one token, and its place (gin <c>"LearnablePositionalEmbeddingRated"</c>).</summary>
    LearnablePositionalEmbeddingRated,

    /// <summary>An item token and then a rating token, each with its place (gin <c>"CombinedItemAndRating"</c>).</summary>
    CombinedItemAndRating,
}

/// <summary>What happens to a state before it meets the items (<c>train_fn.user_embedding_norm</c>).</summary>
public enum OutputNorm
{
    /// <summary>x / max(‖x‖, eps) (gin <c>"l2_norm"</c>).</summary>
    L2,

    /// <summary>Layer norm without affine parameters (gin <c>"layer_norm"</c>).</summary>
    LayerNorm,
}

/// <summary>How a state is scored against an item (<c>train_fn.interaction_module_type</c>).</summary>
public enum SimilarityKind
{
    /// <summary>⟨q, x⟩ (gin <c>"DotProduct"</c>).</summary>
    DotProduct,

    /// <summary>Mixture of Logits, arXiv 2306.04039 (gin <c>"MoL"</c>).</summary>
    MixtureOfLogits,
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

    /// <summary>How events become tokens (<c>train_fn.input_preprocessor</c>).</summary>
    public InputPreprocessorKind InputPreprocessor { get; init; } = InputPreprocessorKind.LearnablePositionalEmbedding;

    /// <summary>Settings of ratings as input, read when <see cref="ReadsRatings"/>.</summary>
    public RatingConfig Ratings { get; init; } = new();

    /// <summary>Output postprocessor (<c>train_fn.user_embedding_norm</c>).</summary>
    public OutputNorm OutputNorm { get; init; } = OutputNorm.L2;

    /// <summary>L2-normalises item vectors wherever they are scored (<c>train_fn.item_l2_norm</c>).</summary>
    public bool ItemL2Norm { get; init; }

    /// <summary>Smallest norm that L2 normalisation divides by (<c>train_fn.l2_norm_eps</c>).</summary>
    public double L2NormEpsilon { get; init; } = 1e-6;

    /// <summary>Whether each block of the encoder is computed again in backward rather than kept (<c>get_sequential_encoder.activation_checkpoint</c>).</summary>
    public bool EncoderCheckpoint { get; init; }

    /// <summary>Similarity of states and items (<c>train_fn.interaction_module_type</c>).</summary>
    public SimilarityKind Similarity { get; init; } = SimilarityKind.DotProduct;

    /// <summary>Settings of the mixture, read when <see cref="Similarity"/> is <see cref="SimilarityKind.MixtureOfLogits"/>.</summary>
    public MixtureOfLogitsConfig Mixture { get; init; } = new();

    /// <summary>Settings of HSTU, read when <see cref="Encoder"/> is <see cref="EncoderKind.Hstu"/>.</summary>
    public HstuConfig Hstu { get; init; } = new();

    /// <summary>Settings of SASRec, read when <see cref="Encoder"/> is <see cref="EncoderKind.SasRec"/>.</summary>
    public SasRecConfig SasRec { get; init; } = new();

    /// <summary>Settings of FuXi, read when <see cref="Encoder"/> is <see cref="EncoderKind.FuXiAlpha"/> or <see cref="EncoderKind.FuXiBeta"/>.</summary>
    public FuXiConfig FuXi { get; init; } = new();

    /// <summary>Settings of LiGR, read when <see cref="Encoder"/> is <see cref="EncoderKind.Ligr"/>.</summary>
    public LigrConfig Ligr { get; init; } = new();

    /// <summary>Whether times are an input of the encoder: it works without them too, and a notice says so.</summary>
    public bool ReadsTimes => Encoder is EncoderKind.Hstu or EncoderKind.FuXiAlpha or EncoderKind.FuXiBeta;

    /// <summary>The window N in events: attention divisor, rows of the position table and half the width of the position bias; 2N where an event is two tokens.</summary>
    public int Window => MaxSequenceLength + OutputLength + 1;

    /// <summary>Whether ratings are an input.</summary>
    public bool ReadsRatings => InputPreprocessor != InputPreprocessorKind.LearnablePositionalEmbedding;

    /// <summary>Width of the encoder: D, and that of a rating where it stands beside the item.</summary>
    public int EncoderDim => InputPreprocessor == InputPreprocessorKind.LearnablePositionalEmbeddingRated ? EmbeddingDim + Ratings.EmbeddingDim : EmbeddingDim;
}
