using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Training;
using static Sequor.Configuration.GinSetting;
using static Sequor.Configuration.NumberRule;

namespace Sequor.Configuration;

/// <summary>Every gin name Sequor knows, one entry a name; defaults live in the records.</summary>
internal static class GinSettings
{
    // Wide enough for any experiment, narrow enough that no product of two sizes overflows an int.
    private const int MostEvents = 100_000;
    private const int WidestLayer = 16_384;
    private const int MostBlocks = 1_024;
    private const int MostHeads = 1_024;
    private const int Many = 1_000_000_000;

    public static readonly IReadOnlyList<GinSetting> All =
    [
        Text("train_fn.dataset_name", (c, v) => c with { DatasetName = v }, c => c.DatasetName),
        Integer("train_fn.max_sequence_length", 1, MostEvents, (c, v) => Model(c, m => m with { MaxSequenceLength = v }), c => c.Model.MaxSequenceLength),
        Integer("train_fn.gr_output_length", 0, MostEvents, (c, v) => Model(c, m => m with { OutputLength = v }), c => c.Model.OutputLength),
        Choice("train_fn.main_module", [("SASRec", EncoderKind.SasRec), ("HSTU", EncoderKind.Hstu)], (c, v) => Model(c, m => m with { Encoder = v }), c => c.Model.Encoder),
        Integer("train_fn.item_embedding_dim", 1, WidestLayer, (c, v) => Model(c, m => m with { EmbeddingDim = v }), c => c.Model.EmbeddingDim),
        Choice("train_fn.embedding_module_type", [("local", ItemEmbeddingKind.Local), ("categorical", ItemEmbeddingKind.Categorical), ("features", ItemEmbeddingKind.Features)], (c, v) => Embedding(c, e => e with { Kind = v }), c => c.Model.ItemEmbedding.Kind),
        Text("train_fn.item_category", (c, v) => Embedding(c, e => e with { Category = v }), c => c.Model.ItemEmbedding.Category),
        Names("train_fn.item_features", (c, v) => Embedding(c, e => e with { Features = v }), c => c.Model.ItemEmbedding.Features),
        Number("train_fn.item_id_dropout_rate", DropoutRate, (c, v) => Embedding(c, e => e with { IdDropoutRate = v }), c => c.Model.ItemEmbedding.IdDropoutRate),
        Number("train_fn.dropout_rate", DropoutRate, (c, v) => Model(c, m => m with { DropoutRate = v }), c => c.Model.DropoutRate),
        Choice("train_fn.user_embedding_norm", [("l2_norm", OutputNorm.L2), ("layer_norm", OutputNorm.LayerNorm)], (c, v) => Model(c, m => m with { OutputNorm = v }), c => c.Model.OutputNorm),
        Boolean("train_fn.item_l2_norm", (c, v) => Model(c, m => m with { ItemL2Norm = v }), c => c.Model.ItemL2Norm),
        Number("train_fn.l2_norm_eps", Positive, (c, v) => Model(c, m => m with { L2NormEpsilon = v }), c => c.Model.L2NormEpsilon),

        Integer("hstu_encoder.num_blocks", 1, MostBlocks, (c, v) => Hstu(c, h => h with { BlockCount = v }), c => c.Model.Hstu.BlockCount),
        Integer("hstu_encoder.num_heads", 1, MostHeads, (c, v) => Hstu(c, h => h with { HeadCount = v }), c => c.Model.Hstu.HeadCount),
        Integer("hstu_encoder.dqk", 1, WidestLayer, (c, v) => Hstu(c, h => h with { QueryKeyDim = v }), c => c.Model.Hstu.QueryKeyDim),
        Integer("hstu_encoder.dv", 1, WidestLayer, (c, v) => Hstu(c, h => h with { ValueDim = v }), c => c.Model.Hstu.ValueDim),
        Number("hstu_encoder.linear_dropout_rate", DropoutRate, (c, v) => Hstu(c, h => h with { LinearDropoutRate = v }), c => c.Model.Hstu.LinearDropoutRate),
        Number("hstu_encoder.attn_dropout_rate", DropoutRate, (c, v) => Hstu(c, h => h with { AttentionDropoutRate = v }), c => c.Model.Hstu.AttentionDropoutRate),
        Choice("hstu_encoder.normalization", [("rel_bias", HstuNormalization.RelativeBias), ("softmax_rel_bias", HstuNormalization.SoftmaxRelativeBias), ("softmax_rel_bias_unmasked", HstuNormalization.SoftmaxRelativeBiasUnmasked)], (c, v) => Hstu(c, h => h with { Normalization = v }), c => c.Model.Hstu.Normalization),
        Choice("hstu_encoder.attention_normalizer", [("window", AttentionNormalizer.Window), ("length", AttentionNormalizer.Length)], (c, v) => Hstu(c, h => h with { AttentionNormalizer = v }), c => c.Model.Hstu.AttentionNormalizer),
        Choice("hstu_encoder.linear_activation", [("silu", true), ("none", false)], (c, v) => Hstu(c, h => h with { LinearActivation = v }), c => c.Model.Hstu.LinearActivation),
        Boolean("hstu_encoder.concat_ua", (c, v) => Hstu(c, h => h with { ConcatUa = v }), c => c.Model.Hstu.ConcatUa),
        Boolean("hstu_encoder.enable_relative_attention_bias", (c, v) => Hstu(c, h => h with { RelativeAttentionBias = v }), c => c.Model.Hstu.RelativeAttentionBias),

        Integer("sasrec_encoder.num_blocks", 1, MostBlocks, (c, v) => SasRec(c, s => s with { BlockCount = v }), c => c.Model.SasRec.BlockCount),
        Integer("sasrec_encoder.num_heads", 1, MostHeads, (c, v) => SasRec(c, s => s with { HeadCount = v }), c => c.Model.SasRec.HeadCount),
        Integer("sasrec_encoder.ffn_hidden_dim", 1, WidestLayer, (c, v) => SasRec(c, s => s with { FeedForwardDim = v }), c => c.Model.SasRec.FeedForwardDim),
        Choice("sasrec_encoder.ffn_activation_fn", [("relu", FeedForwardActivation.Relu), ("gelu", FeedForwardActivation.Gelu)], (c, v) => SasRec(c, s => s with { Activation = v }), c => c.Model.SasRec.Activation),
        Number("sasrec_encoder.ffn_dropout_rate", DropoutRate, (c, v) => SasRec(c, s => s with { DropoutRate = v }), c => c.Model.SasRec.DropoutRate),

        Choice("train_fn.loss_module", [("SampledSoftmaxLoss", LossKind.SampledSoftmax), ("BCELoss", LossKind.BinaryCrossEntropy), ("FullSoftmaxLoss", LossKind.FullSoftmax)], (c, v) => Loss(c, l => l with { Kind = v }), c => c.Loss.Kind),
        Choice("train_fn.sampling_strategy", [("local", NegativeSampling.Local), ("in-batch", NegativeSampling.InBatch)], (c, v) => Loss(c, l => l with { Sampling = v }), c => c.Loss.Sampling),
        Integer("train_fn.num_negatives", 1, 1_000_000, (c, v) => Loss(c, l => l with { NegativeCount = v }), c => c.Loss.NegativeCount),
        Number("train_fn.temperature", Positive, (c, v) => Loss(c, l => l with { Temperature = v }), c => c.Loss.Temperature),

        Integer("train_fn.local_batch_size", 1, 1_000_000, (c, v) => Training(c, t => t with { BatchSize = v }), c => c.Training.BatchSize),
        Integer("train_fn.local_batch_tokens", 0, Many, (c, v) => Training(c, t => t with { BatchTokens = v }), c => c.Training.BatchTokens),
        Integer("train_fn.eval_batch_size", 1, 1_000_000, (c, v) => Training(c, t => t with { EvaluationBatchSize = v }), c => c.Training.EvaluationBatchSize),
        Integer("train_fn.num_epochs", 1, Many, (c, v) => Training(c, t => t with { EpochCount = v }), c => c.Training.EpochCount),
        Number("train_fn.learning_rate", Positive, (c, v) => Training(c, t => t with { LearningRate = v }), c => c.Training.LearningRate),
        Integer("train_fn.num_warmup_steps", 0, Many, (c, v) => Training(c, t => t with { WarmupSteps = v }), c => c.Training.WarmupSteps),
        Number("train_fn.weight_decay", NotNegative, (c, v) => Training(c, t => t with { WeightDecay = v }), c => c.Training.WeightDecay),
        Choice("train_fn.item_optimizer", [("AdamW", ItemOptimizer.AdamW), ("LazyAdamW", ItemOptimizer.LazyAdamW), ("PartialRowWiseAdamW", ItemOptimizer.PartialRowWiseAdamW)], (c, v) => Training(c, t => t with { ItemOptimizer = v }), c => c.Training.ItemOptimizer),
        Number("train_fn.positional_sampling_ratio", Probability, (c, v) => Training(c, t => t with { PositionalSamplingRatio = v }), c => c.Training.PositionalSamplingRatio),
        Number("train_fn.stochastic_length_alpha", StochasticLength, (c, v) => Training(c, t => t with { StochasticLengthAlpha = v }), c => c.Training.StochasticLengthAlpha),
        Integer("train_fn.eval_interval", 1, Many, (c, v) => Training(c, t => t with { LogEverySteps = v }), c => c.Training.LogEverySteps),
        Integer("train_fn.full_eval_every_n", 1, Many, (c, v) => Training(c, t => t with { FullEvaluationEvery = v }), c => c.Training.FullEvaluationEvery),
        Integer("train_fn.partial_eval_num_iters", 1, Many, (c, v) => Training(c, t => t with { PartialEvaluationBatches = v }), c => c.Training.PartialEvaluationBatches),
        Integer("train_fn.save_ckpt_every_n", 1, Many, (c, v) => Training(c, t => t with { CheckpointEvery = v }), c => c.Training.CheckpointEvery),
        Seed("train_fn.random_seed", (c, v) => Training(c, t => t with { Seed = v }), c => c.Training.Seed),

        Only("train_fn.interaction_module_type", "\"DotProduct\"", "only the dot product is built"),
        Only("train_fn.top_k_method", "\"MIPSBruteForceTopK\"", "only the exact scan is built"),
        Only("train_fn.loss_weights", "{}", "the dot product has no auxiliary losses"),
        Only("train_fn.loss_activation_checkpoint", "False", "the loss keeps no activations that could be recomputed"),
        Only("train_fn.eval_user_max_batch_size", "None", "evaluation counts ranks in constant memory; set train_fn.eval_batch_size"),
        Only("hstu_encoder.linear_config", "\"uvqk\"", "only the fused projection is built"),
        Only("get_sequential_encoder.activation_checkpoint", "False", "activations are not recomputed"),
        Only("get_similarity_function.activation_checkpoint", "False", "activations are not recomputed"),
        Only("get_similarity_function.bf16_training", "False", "scores are computed in float32"),
        Only("get_weighted_loss.weights", "{}", "the dot product has no auxiliary losses"),

        NoEffect("train_fn.enable_tf32", IsBoolean, "must be True or False"),
        NoEffect("train_fn.main_module_bf16", IsBoolean, "must be True or False"),
        NoEffect("create_data_loader.num_workers", IsCount, "must be an integer of at least 0"),
        NoEffect("create_data_loader.prefetch_factor", value => value is GinNone || IsCount(value), "must be an integer of at least 0, or None"),
        NoEffect("HSTU.attn_impl", value => value is GinText, "must be a string in quotes"),

        .. MixtureOfLogitsNames.Select(name => Refused(
            "create_mol_interaction_module." + name,
            "Mixture-of-Logits is not built; set train_fn.interaction_module_type = \"DotProduct\"")),
    ];

    private static readonly Dictionary<string, GinSetting> ByName = All.ToDictionary(setting => setting.Name, StringComparer.Ordinal);

    // A property: the table above needs it before the fields below it exist.
    private static string[] MixtureOfLogitsNames =>
    [
        "dot_product_dimension", "query_dot_product_groups", "item_dot_product_groups", "temperature", "query_dropout_rate", "query_hidden_dim",
        "item_dropout_rate", "item_hidden_dim", "gating_query_hidden_dim", "gating_qi_hidden_dim", "gating_item_hidden_dim", "softmax_dropout_rate",
        "bf16_training", "gating_query_fn", "gating_item_fn", "dot_product_l2_norm", "query_nonlinearity", "item_nonlinearity", "uid_dropout_rate",
        "uid_embedding_hash_sizes", "uid_embedding_level_dropout", "gating_combination_type", "gating_item_dropout_rate", "gating_qi_dropout_rate", "eps",
    ];

    /// <summary>The setting of a name, which may carry the path of its Python module: the last two parts decide.</summary>
    public static GinSetting? Find(string name)
    {
        int dot = name.LastIndexOf('.');
        int start = name.LastIndexOf('.', dot - 1) + 1;
        return ByName.GetValueOrDefault(name[start..]);
    }

    private static bool IsBoolean(GinValue value) => value is GinBoolean;

    private static bool IsCount(GinValue value) => value is GinInteger { Value: Int128 count } && count >= 0;

    private static ExperimentConfig Model(ExperimentConfig config, Func<ModelConfig, ModelConfig> change) => config with { Model = change(config.Model) };

    private static ExperimentConfig Embedding(ExperimentConfig config, Func<ItemEmbeddingConfig, ItemEmbeddingConfig> change) =>
        Model(config, model => model with { ItemEmbedding = change(model.ItemEmbedding) });

    private static ExperimentConfig Hstu(ExperimentConfig config, Func<HstuConfig, HstuConfig> change) =>
        Model(config, model => model with { Hstu = change(model.Hstu) });

    private static ExperimentConfig SasRec(ExperimentConfig config, Func<SasRecConfig, SasRecConfig> change) =>
        Model(config, model => model with { SasRec = change(model.SasRec) });

    private static ExperimentConfig Loss(ExperimentConfig config, Func<LossConfig, LossConfig> change) => config with { Loss = change(config.Loss) };

    private static ExperimentConfig Training(ExperimentConfig config, Func<TrainingConfig, TrainingConfig> change) =>
        config with { Training = change(config.Training) };
}
