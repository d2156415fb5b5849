using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Modeling.Similarities;
using Sequor.Retrieval;

namespace Sequor.Configuration;

/// <summary>Rules that span several settings.</summary>
internal static class ExperimentRules
{
    public static void Check(ExperimentConfig config, IReadOnlyDictionary<string, GinBinding> bound)
    {
        ModelConfig model = config.Model;
        if (model.Encoder == EncoderKind.SasRec) CheckHeads("sasrec_encoder.num_heads", model.SasRec.HeadCount, model, bound);
        if (model.Encoder == EncoderKind.Ligr) CheckHeads("ligr_encoder.num_heads", model.Ligr.HeadCount, model, bound);
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

        CheckMixture(config, bound);
        TopKMethod topK = config.TopK ?? TopKMethod.BruteForce(model.Similarity);
        if (!topK.Fits(model.Similarity))
        {
            bool dot = model.Similarity == SimilarityKind.DotProduct;
            throw Broken(
                $"train_fn.top_k_method = \"{topK}\" must {(dot ? "be \"MIPSBruteForceTopK\" or an HIndexer" : "be a MoL method or an HIndexer")} with train_fn.interaction_module_type = \"{(dot ? "DotProduct" : "MoL")}\"",
                bound, "train_fn.top_k_method", "train_fn.interaction_module_type");
        }

        if (config.Training.StochasticLengthAlpha < 2 && config.Training.PositionalSamplingRatio < 1)
        {
            throw Broken(
                "train_fn.positional_sampling_ratio must be 1 with train_fn.stochastic_length_alpha below 2: a history is shortened in one way",
                bound, "train_fn.positional_sampling_ratio", "train_fn.stochastic_length_alpha");
        }
    }

    // Heads share the encoder's columns, those of a rating beside the item among them.
    private static void CheckHeads(string name, int heads, ModelConfig model, IReadOnlyDictionary<string, GinBinding> bound)
    {
        if (model.EncoderDim % heads == 0) return;
        string rating = model.EncoderDim == model.EmbeddingDim ? "" : $" + train_fn.rating_embedding_dim = {model.Ratings.EmbeddingDim}";
        throw Broken(
            $"{name} = {heads} must divide train_fn.item_embedding_dim = {model.EmbeddingDim}{rating}",
            bound, name, "train_fn.item_embedding_dim", "train_fn.rating_embedding_dim");
    }

    private static void CheckMixture(ExperimentConfig config, IReadOnlyDictionary<string, GinBinding> bound)
    {
        MixtureOfLogitsConfig mixture = config.Model.Mixture;
        if (config.Model.Similarity != SimilarityKind.MixtureOfLogits)
        {
            if (config.Loss.BalanceWeight > 0 || config.Loss.UserNormWeight > 0)
            {
                throw Broken(
                    "train_fn.loss_weights must be {} with train_fn.interaction_module_type = \"DotProduct\", which has no auxiliary losses",
                    bound, "train_fn.loss_weights", "get_weighted_loss.weights", "train_fn.interaction_module_type");
            }

            return;
        }

        if (mixture.UserHashSizes.Count > mixture.QueryGroupCount)
        {
            throw Broken(
                $"create_mol_interaction_module.uid_embedding_hash_sizes has {mixture.UserHashSizes.Count} tables, at most query_dot_product_groups = {mixture.QueryGroupCount} of which can be components of a query",
                bound, "create_mol_interaction_module.uid_embedding_hash_sizes", "create_mol_interaction_module.query_dot_product_groups");
        }

        if (config.Loss.UserNormWeight > 0 && mixture.UserHashSizes.Count == 0)
        {
            throw Broken(
                "train_fn.loss_weights names uid_embedding_l2_norm, but create_mol_interaction_module.uid_embedding_hash_sizes has no table of users",
                bound, "train_fn.loss_weights", "get_weighted_loss.weights");
        }

        bool sum = mixture.Combination == GatingCombination.Sum;
        if (!sum && !(mixture.QueryGate && mixture.ItemGate))
        {
            throw Broken(
                "create_mol_interaction_module.gating_query_fn and gating_item_fn must both be True unless gating_combination_type = \"none\": the other forms multiply the two",
                bound, "create_mol_interaction_module.gating_query_fn", "create_mol_interaction_module.gating_item_fn", "create_mol_interaction_module.gating_combination_type");
        }

        if (sum && !mixture.QueryGate && !mixture.ItemGate && !mixture.PairGate)
        {
            throw Broken(
                "one of create_mol_interaction_module.gating_query_fn, gating_item_fn and gating_qi_fn must be True: a gate needs an input",
                bound, "create_mol_interaction_module.gating_query_fn", "create_mol_interaction_module.gating_item_fn", "create_mol_interaction_module.gating_qi_fn");
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
                _ when name.StartsWith("fuxi_encoder.", StringComparison.Ordinal) && config.Model.Encoder is not (EncoderKind.FuXiAlpha or EncoderKind.FuXiBeta) =>
                    "train_fn.main_module is neither \"FuXi-alpha\" nor \"FuXi-beta\"",
                "fuxi_encoder.dqk" when config.Model.Encoder == EncoderKind.FuXiBeta =>
                    "FuXi-beta has no queries and keys",
                _ when name.StartsWith("ligr_encoder.", StringComparison.Ordinal) && config.Model.Encoder != EncoderKind.Ligr =>
                    "train_fn.main_module is not \"LiGR\"",
                _ when name.StartsWith("create_mol_interaction_module.", StringComparison.Ordinal) && config.Model.Similarity != SimilarityKind.MixtureOfLogits =>
                    "train_fn.interaction_module_type is not \"MoL\"",
                "get_similarity_function.activation_checkpoint" or "train_fn.loss_activation_checkpoint" when config.Model.Similarity == SimilarityKind.DotProduct =>
                    "a dot product keeps nothing that could be computed again",
                "train_fn.num_negatives" or "train_fn.sampling_strategy" when config.Loss.Kind == LossKind.FullSoftmax =>
                    "FullSoftmaxLoss samples no negatives",
                "train_fn.num_negatives" or "train_fn.sampling_strategy" when config.Loss.Kind == LossKind.BinaryCrossEntropyWithRatings =>
                    "BCELossWithRatings samples no negatives",
                "train_fn.in_batch_dedup" when !config.Loss.SamplesInBatch => "no negatives are sampled in the batch",
                "train_fn.rating_label" when config.Loss.Kind != LossKind.BinaryCrossEntropyWithRatings =>
                    "train_fn.loss_module is not \"BCELossWithRatings\"",
                "train_fn.num_ratings" or "train_fn.rating_scale" when !config.Model.ReadsRatings =>
                    "train_fn.input_preprocessor reads no ratings",
                "train_fn.rating_embedding_dim" when config.Model.InputPreprocessor != InputPreprocessorKind.LearnablePositionalEmbeddingRated =>
                    "train_fn.input_preprocessor is not \"LearnablePositionalEmbeddingRated\"",
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
