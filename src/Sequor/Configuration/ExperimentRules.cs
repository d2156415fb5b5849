using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.ItemEmbeddings;

namespace Sequor.Configuration;

/// <summary>Rules that span several settings.</summary>
internal static class ExperimentRules
{
    public static void Check(ExperimentConfig config, IReadOnlyDictionary<string, GinBinding> bound)
    {
        ModelConfig model = config.Model;
        if (model.Encoder == EncoderKind.SasRec && model.EmbeddingDim % model.SasRec.HeadCount != 0)
        {
            throw Broken(
                $"sasrec_encoder.num_heads = {model.SasRec.HeadCount} must divide train_fn.item_embedding_dim = {model.EmbeddingDim}",
                bound, "sasrec_encoder.num_heads", "train_fn.item_embedding_dim");
        }

        if (model.Encoder == EncoderKind.Hstu && model.Hstu.Normalization != HstuNormalization.RelativeBias
            && model.Hstu.AttentionNormalizer != AttentionNormalizer.Window)
        {
            throw Broken(
                "hstu_encoder.attention_normalizer = \"length\" must go with hstu_encoder.normalization = \"rel_bias\": a softmax is not divided further",
                bound, "hstu_encoder.attention_normalizer", "hstu_encoder.normalization");
        }

        if (model.Encoder == EncoderKind.Hstu && model.Hstu.Normalization == HstuNormalization.SoftmaxRelativeBiasUnmasked
            && model.Hstu.AttentionDropoutRate > 0)
        {
            throw Broken(
                "hstu_encoder.attn_dropout_rate must be 0 with hstu_encoder.normalization = \"softmax_rel_bias_unmasked\": that form only compares numbers",
                bound, "hstu_encoder.attn_dropout_rate", "hstu_encoder.normalization");
        }

        if (config.Loss.Kind == LossKind.BinaryCrossEntropy && config.Loss.NegativeCount != 1)
        {
            throw Broken(
                $"train_fn.num_negatives = {config.Loss.NegativeCount} must be 1 with train_fn.loss_module = \"BCELoss\"",
                bound, "train_fn.num_negatives", "train_fn.loss_module");
        }

        if (config.Training.StochasticLengthAlpha < 2 && config.Training.PositionalSamplingRatio < 1)
        {
            throw Broken(
                "train_fn.positional_sampling_ratio must be 1 with train_fn.stochastic_length_alpha below 2: a history is shortened in one way",
                bound, "train_fn.positional_sampling_ratio", "train_fn.stochastic_length_alpha");
        }
    }

    /// <summary>One sentence for each setting that was given and that this experiment does not read.</summary>
    public static IEnumerable<string> UnreadSettings(ExperimentConfig config, IReadOnlyDictionary<string, GinBinding> bound)
    {
        foreach ((string name, GinBinding binding) in bound)
        {
            string? reason = name switch
            {
                _ when name.StartsWith("hstu_encoder.", StringComparison.Ordinal) && config.Model.Encoder != EncoderKind.Hstu =>
                    "train_fn.main_module is not \"HSTU\"",
                _ when name.StartsWith("sasrec_encoder.", StringComparison.Ordinal) && config.Model.Encoder != EncoderKind.SasRec =>
                    "train_fn.main_module is not \"SASRec\"",
                "train_fn.num_negatives" or "train_fn.sampling_strategy" when config.Loss.Kind == LossKind.FullSoftmax =>
                    "FullSoftmaxLoss samples no negatives",
                "train_fn.item_category" when config.Model.ItemEmbedding.Kind != ItemEmbeddingKind.Categorical =>
                    "train_fn.embedding_module_type is not \"categorical\"",
                "train_fn.item_features" or "train_fn.item_id_dropout_rate" when config.Model.ItemEmbedding.Kind != ItemEmbeddingKind.Features =>
                    "train_fn.embedding_module_type is not \"features\"",
                _ => null,
            };
            if (reason is not null) yield return $"{name} is without effect: {reason} ({binding.Location})";
        }
    }

    /// <summary>The location is that of the first named setting that was given; the others stand at their defaults.</summary>
    private static InvalidInputException Broken(string sentence, IReadOnlyDictionary<string, GinBinding> bound, params ReadOnlySpan<string> culprits)
    {
        foreach (string name in culprits)
        {
            if (bound.TryGetValue(name, out GinBinding? binding)) return new InvalidInputException($"{sentence} ({binding.Location})");
        }

        return new InvalidInputException($"{sentence} (defaults)");
    }
}
