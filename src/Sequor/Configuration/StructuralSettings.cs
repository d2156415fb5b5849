using Sequor.Modeling;
using Sequor.Modeling.ItemEmbeddings;

namespace Sequor.Configuration;

/// <summary>The settings that give the weights of a model their names, shapes and the meaning of their places.</summary>
internal static class StructuralSettings
{
    private static readonly string[] s_encoder = ["num_blocks", "num_heads", "dqk", "dv", "ffn_hidden_dim", "ffn_multiply", "concat_ua", "enable_relative_attention_bias"];
    private static readonly string[] s_mixture =
    [
        "dot_product_dimension", "query_dot_product_groups", "item_dot_product_groups", "query_hidden_dim", "item_hidden_dim", "gating_query_fn", "gating_query_hidden_dim",
        "gating_item_fn", "gating_item_hidden_dim", "gating_qi_fn", "gating_qi_hidden_dim", "uid_embedding_hash_sizes",
    ];

    /// <summary>Those that differ, each with both values; one that nothing reads makes no difference.</summary>
    internal static IEnumerable<string> Differences(ExperimentConfig there, ExperimentConfig here)
    {
        foreach (string name in Names(there.Model, here.Model))
        {
            if (GinSettings.Find(name)?.Write is not { } write) continue;
            string old = write(there).ToString()!, now = write(here).ToString()!;
            if (old != now) yield return $"{name} ({old} there, {now} here)";
        }
    }

    private static IEnumerable<string> Names(ModelConfig there, ModelConfig here)
    {
        yield return "train_fn.main_module";
        yield return "train_fn.item_embedding_dim";
        yield return "train_fn.embedding_module_type";
        yield return "train_fn.input_preprocessor";
        yield return "train_fn.interaction_module_type";
        if (there.Window != here.Window)
        {
            yield return "train_fn.max_sequence_length";
            yield return "train_fn.gr_output_length";
        }

        if (here.ItemEmbedding.Kind == ItemEmbeddingKind.Categorical && there.ItemEmbedding.Kind == here.ItemEmbedding.Kind) yield return "train_fn.item_category";
        if (here.ReadsRatings && there.InputPreprocessor == here.InputPreprocessor)
        {
            yield return "train_fn.num_ratings";
            yield return "train_fn.rating_scale";
            if (here.InputPreprocessor == InputPreprocessorKind.LearnablePositionalEmbeddingRated) yield return "train_fn.rating_embedding_dim";
        }

        if (there.Encoder == here.Encoder)
            foreach (string name in s_encoder) yield return $"{Scope(here.Encoder)}.{name}";
        if (there.Similarity == SimilarityKind.MixtureOfLogits && here.Similarity == there.Similarity)
            foreach (string name in s_mixture) yield return $"create_mol_interaction_module.{name}";
    }

    private static string Scope(EncoderKind encoder) => encoder switch
    {
        EncoderKind.Hstu => "hstu_encoder",
        EncoderKind.SasRec => "sasrec_encoder",
        EncoderKind.Ligr => "ligr_encoder",
        EncoderKind.FuXiAlpha or EncoderKind.FuXiBeta => "fuxi_encoder",
        _ => throw new ArgumentOutOfRangeException(nameof(encoder), encoder, "unknown encoder"),
    };
}
