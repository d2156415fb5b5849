using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Retrieval;
using Sequor.Training;
using static Sequor.Configuration.GinSetting;
using static Sequor.Configuration.NumberRule;

namespace Sequor.Configuration;

/// <summary>Every gin name Sequor knows, one entry a name; defaults live in the records.</summary>
internal static class GinSettings
{
    // Wide enough for any experiment, narrow enough that no product of two sizes overflows an int.
    private const int MostEvents = 100_000;
    internal const int WidestLayer = 16_384;
    private const int MostBlocks = 1_024;
    private const int MostHeads = 1_024;
    private const int Many = 1_000_000_000;

    public static readonly IReadOnlyList<GinSetting> All =
    [
        Text("train_fn.dataset_name", (c, v) => c with { DatasetName = v }, c => c.DatasetName),
        Integer("train_fn.max_sequence_length", 1, MostEvents, (c, v) => Model(c, m => m with { MaxSequenceLength = v }), c => c.Model.MaxSequenceLength),
        Integer("train_fn.gr_output_length", 0, MostEvents, (c, v) => Model(c, m => m with { OutputLength = v }), c => c.Model.OutputLength),
        Choice("train_fn.main_module", EncoderNames.All, (c, v) => Model(c, m => m with { Encoder = v }), c => c.Model.Encoder),
        Integer("train_fn.item_embedding_dim", 1, WidestLayer, (c, v) => Model(c, m => m with { EmbeddingDim = v }), c => c.Model.EmbeddingDim),
        Choice("train_fn.embedding_module_type", [("local", ItemEmbeddingKind.Local), ("categorical", ItemEmbeddingKind.Categorical), ("features", ItemEmbeddingKind.Features)], (c, v) => Embedding(c, e => e with { Kind = v }), c => c.Model.ItemEmbedding.Kind),
        Text("train_fn.item_category", (c, v) => Embedding(c, e => e with { Category = v }), c => c.Model.ItemEmbedding.Category),
        Names("train_fn.item_features", (c, v) => Embedding(c, e => e with { Features = v }), c => c.Model.ItemEmbedding.Features),
        Number("train_fn.item_id_dropout_rate", DropoutRate, (c, v) => Embedding(c, e => e with { IdDropoutRate = v }), c => c.Model.ItemEmbedding.IdDropoutRate),
        Number("train_fn.dropout_rate", DropoutRate, (c, v) => Model(c, m => m with { DropoutRate = v }), c => c.Model.DropoutRate),
        Choice("train_fn.input_preprocessor", [.. Enum.GetValues<InputPreprocessorKind>().Select(kind => (kind.ToString(), kind))], (c, v) => Model(c, m => m with { InputPreprocessor = v }), c => c.Model.InputPreprocessor),
        Integer("train_fn.num_ratings", 1, 1_000, (c, v) => Ratings(c, r => r with { RowCount = v }), c => c.Model.Ratings.RowCount),
        Integer("train_fn.rating_scale", 1, 2, (c, v) => Ratings(c, r => r with { Scale = v }), c => c.Model.Ratings.Scale),
        Integer("train_fn.rating_embedding_dim", 1, WidestLayer, (c, v) => Ratings(c, r => r with { EmbeddingDim = v }), c => c.Model.Ratings.EmbeddingDim),
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

        Integer("fuxi_encoder.num_blocks", 1, MostBlocks, (c, v) => FuXi(c, f => f with { BlockCount = v }), c => c.Model.FuXi.BlockCount),
        Integer("fuxi_encoder.num_heads", 1, MostHeads, (c, v) => FuXi(c, f => f with { HeadCount = v }), c => c.Model.FuXi.HeadCount),
        Integer("fuxi_encoder.dqk", 1, WidestLayer, (c, v) => FuXi(c, f => f with { QueryKeyDim = v }), c => c.Model.FuXi.QueryKeyDim),
        Integer("fuxi_encoder.dv", 1, WidestLayer, (c, v) => FuXi(c, f => f with { ValueDim = v }), c => c.Model.FuXi.ValueDim),
        Number("fuxi_encoder.linear_dropout_rate", DropoutRate, (c, v) => FuXi(c, f => f with { LinearDropoutRate = v }), c => c.Model.FuXi.LinearDropoutRate),
        Integer("fuxi_encoder.ffn_multiply", 1, 64, (c, v) => FuXi(c, f => f with { FeedForwardMultiplier = v }), c => c.Model.FuXi.FeedForwardMultiplier),

        Integer("ligr_encoder.num_blocks", 1, MostBlocks, (c, v) => Ligr(c, l => l with { BlockCount = v }), c => c.Model.Ligr.BlockCount),
        Integer("ligr_encoder.num_heads", 1, MostHeads, (c, v) => Ligr(c, l => l with { HeadCount = v }), c => c.Model.Ligr.HeadCount),
        Integer("ligr_encoder.ffn_hidden_dim", 1, WidestLayer, (c, v) => Ligr(c, l => l with { FeedForwardDim = v }), c => c.Model.Ligr.FeedForwardDim),
        Number("ligr_encoder.dropout_rate", DropoutRate, (c, v) => Ligr(c, l => l with { DropoutRate = v }), c => c.Model.Ligr.DropoutRate),

        Choice("train_fn.loss_module", [("SampledSoftmaxLoss", LossKind.SampledSoftmax), ("BCELoss", LossKind.BinaryCrossEntropy), ("BCELossWithRatings", LossKind.BinaryCrossEntropyWithRatings), ("FullSoftmaxLoss", LossKind.FullSoftmax)], (c, v) => Loss(c, l => l with { Kind = v }), c => c.Loss.Kind),
        Choice("train_fn.sampling_strategy", [("local", NegativeSampling.Local), ("in-batch", NegativeSampling.InBatch)], (c, v) => Loss(c, l => l with { Sampling = v }), c => c.Loss.Sampling),
        Boolean("train_fn.in_batch_dedup", (c, v) => Loss(c, l => l with { InBatchDedup = v }), c => c.Loss.InBatchDedup),
        Choice("train_fn.rating_label", [("liked", RatingLabel.Liked), ("raw", RatingLabel.Raw)], (c, v) => Loss(c, l => l with { RatingLabel = v }), c => c.Loss.RatingLabel),
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
        Choice("train_fn.embedding_sharding", [("replicated", EmbeddingSharding.Replicated), ("rows", EmbeddingSharding.Rows)], (c, v) => Training(c, t => t with { EmbeddingSharding = v }), c => c.Training.EmbeddingSharding),
        Number("train_fn.positional_sampling_ratio", Probability, (c, v) => Training(c, t => t with { PositionalSamplingRatio = v }), c => c.Training.PositionalSamplingRatio),
        Number("train_fn.stochastic_length_alpha", StochasticLength, (c, v) => Training(c, t => t with { StochasticLengthAlpha = v }), c => c.Training.StochasticLengthAlpha),
        Integer("train_fn.early_stopping_patience", 0, Many, (c, v) => Training(c, t => t with { EarlyStoppingPatience = v }), c => c.Training.EarlyStoppingPatience),
        Integer("train_fn.eval_interval", 1, Many, (c, v) => Training(c, t => t with { LogEverySteps = v }), c => c.Training.LogEverySteps),
        Integer("train_fn.full_eval_every_n", 1, Many, (c, v) => Training(c, t => t with { FullEvaluationEvery = v }), c => c.Training.FullEvaluationEvery),
        Integer("train_fn.partial_eval_num_iters", 1, Many, (c, v) => Training(c, t => t with { PartialEvaluationBatches = v }), c => c.Training.PartialEvaluationBatches),
        Integer("train_fn.save_ckpt_every_n", 1, Many, (c, v) => Training(c, t => t with { CheckpointEvery = v }), c => c.Training.CheckpointEvery),
        Number("train_fn.checkpoint_every_seconds", NotNegative, (c, v) => Training(c, t => t with { CheckpointSeconds = v }), c => c.Training.CheckpointSeconds),
        Integer("train_fn.num_checkpoints", 1, 1_000, (c, v) => Training(c, t => t with { CheckpointsKept = v }), c => c.Training.CheckpointsKept),
        Boolean("train_fn.tensorboard", (c, v) => Training(c, t => t with { TensorBoard = v }), c => c.Training.TensorBoard),
        Seed("train_fn.random_seed", (c, v) => Training(c, t => t with { Seed = v }), c => c.Training.Seed),

        Choice("train_fn.interaction_module_type", [("DotProduct", SimilarityKind.DotProduct), ("MoL", SimilarityKind.MixtureOfLogits)], (c, v) => Model(c, m => m with { Similarity = v }), c => c.Model.Similarity),
        .. MixtureSettings.All,
        GinSetting.TopK("train_fn.top_k_method", (c, v) => c with { TopK = v }, c => c.TopK ?? TopKMethod.BruteForce(c.Model.Similarity)),
        LossWeights,
        Boolean("train_fn.loss_activation_checkpoint", (c, v) => Loss(c, l => l with { ActivationCheckpoint = v }), c => c.Loss.ActivationCheckpoint),
        Only("train_fn.eval_user_max_batch_size", "None", "evaluation counts ranks in constant memory; set train_fn.eval_batch_size"),
        Only("hstu_encoder.linear_config", "\"uvqk\"", "only the fused projection is built"),
        Boolean("get_sequential_encoder.activation_checkpoint", (c, v) => Model(c, m => m with { EncoderCheckpoint = v }), c => c.Model.EncoderCheckpoint),
        Boolean("get_similarity_function.activation_checkpoint", (c, v) => Model(c, m => m with { Mixture = m.Mixture with { ActivationCheckpoint = v } }), c => c.Model.Mixture.ActivationCheckpoint),
        NoEffect("get_similarity_function.bf16_training", IsBoolean, "must be True or False"),
        Alias("get_weighted_loss.weights", LossWeights),

        NoEffect("train_fn.enable_tf32", IsBoolean, "must be True or False"),
        NoEffect("train_fn.main_module_bf16", IsBoolean, "must be True or False"),
        NoEffect("create_data_loader.num_workers", IsCount, "must be an integer of at least 0"),
        NoEffect("create_data_loader.prefetch_factor", value => value is GinNone || IsCount(value), "must be an integer of at least 0, or None"),
        NoEffect("HSTU.attn_impl", value => value is GinText, "must be a string in quotes"),
    ];

    private static readonly Dictionary<string, GinSetting> ByName = All.ToDictionary(setting => setting.Name, StringComparer.Ordinal);

    // A property: the table above needs it before the fields below it exist.
    private static GinSetting LossWeights =>
        Weights("train_fn.loss_weights", ["mi_loss", "uid_embedding_l2_norm"], (c, v) => Loss(c, l => l with { BalanceWeight = v[0], UserNormWeight = v[1] }), c => [c.Loss.BalanceWeight, c.Loss.UserNormWeight]);

    /// <summary>The setting of a name, which may carry the path of its Python module: the last two parts decide.</summary>
    public static GinSetting? Find(string name)
    {
        int dot = name.LastIndexOf('.');
        int start = name.LastIndexOf('.', dot - 1) + 1;
        return ByName.GetValueOrDefault(name[start..]);
    }

    internal static bool IsBoolean(GinValue value) => value is GinBoolean;

    private static bool IsCount(GinValue value) => value is GinInteger { Value: Int128 count } && count >= 0;

    private static ExperimentConfig Model(ExperimentConfig config, Func<ModelConfig, ModelConfig> change) => config with { Model = change(config.Model) };

    private static ExperimentConfig Embedding(ExperimentConfig config, Func<ItemEmbeddingConfig, ItemEmbeddingConfig> change) =>
        Model(config, model => model with { ItemEmbedding = change(model.ItemEmbedding) });

    private static ExperimentConfig Hstu(ExperimentConfig config, Func<HstuConfig, HstuConfig> change) =>
        Model(config, model => model with { Hstu = change(model.Hstu) });

    private static ExperimentConfig Ratings(ExperimentConfig config, Func<RatingConfig, RatingConfig> change) =>
        Model(config, model => model with { Ratings = change(model.Ratings) });

    private static ExperimentConfig SasRec(ExperimentConfig config, Func<SasRecConfig, SasRecConfig> change) =>
        Model(config, model => model with { SasRec = change(model.SasRec) });

    private static ExperimentConfig FuXi(ExperimentConfig config, Func<FuXiConfig, FuXiConfig> change) =>
        Model(config, model => model with { FuXi = change(model.FuXi) });

    private static ExperimentConfig Ligr(ExperimentConfig config, Func<LigrConfig, LigrConfig> change) =>
        Model(config, model => model with { Ligr = change(model.Ligr) });

    private static ExperimentConfig Loss(ExperimentConfig config, Func<LossConfig, LossConfig> change) => config with { Loss = change(config.Loss) };

    private static ExperimentConfig Training(ExperimentConfig config, Func<TrainingConfig, TrainingConfig> change) =>
        config with { Training = change(config.Training) };
}
