using Sequor.Configuration;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.ItemEmbeddings;
using Xunit;

namespace Sequor.Tests.Configuration;

public class GinBinderTests
{
    // The spelling, order and imports of the reference's file for HSTU-large on MovieLens-1M.
    private const string PublishedHstuLarge = """
        # Run as: python3 main.py --gin_config_file=… --master_port=12346

        import generative_recommenders.research.modeling.sequential.hstu
        HSTU.attn_impl = "auto"

        train_fn.dataset_name = "ml-1m"
        train_fn.max_sequence_length = 200
        train_fn.local_batch_size = 128
        train_fn.eval_batch_size = 128

        train_fn.main_module = "HSTU"
        train_fn.dropout_rate = 0.2
        train_fn.user_embedding_norm = "l2_norm"
        train_fn.num_epochs = 101
        train_fn.item_embedding_dim = 50

        hstu_encoder.num_blocks = 8
        hstu_encoder.num_heads = 2
        hstu_encoder.dqk = 25
        hstu_encoder.dv = 25
        hstu_encoder.linear_dropout_rate = 0.2

        train_fn.learning_rate = 1e-3
        train_fn.weight_decay = 0
        train_fn.num_warmup_steps = 0

        train_fn.interaction_module_type = "DotProduct"
        train_fn.top_k_method = "MIPSBruteForceTopK"

        train_fn.loss_module = "SampledSoftmaxLoss"
        train_fn.num_negatives = 128

        train_fn.sampling_strategy = "local"
        train_fn.temperature = 0.05
        train_fn.item_l2_norm = True
        train_fn.l2_norm_eps = 1e-6

        train_fn.enable_tf32 = True
        train_fn.main_module_bf16 = False

        create_data_loader.prefetch_factor = 128
        create_data_loader.num_workers = 8
        """;

    [Fact]
    public void The_published_spelling_binds_unchanged()
    {
        ExperimentConfig config = Bind(PublishedHstuLarge).Config;
        Assert.Equal("ml-1m", config.DatasetName);
        Assert.Equal(
            new ModelConfig
            {
                Encoder = EncoderKind.Hstu,
                EmbeddingDim = 50,
                ItemL2Norm = true,
                Hstu = new HstuConfig { BlockCount = 8, HeadCount = 2, QueryKeyDim = 25, ValueDim = 25, LinearDropoutRate = 0.2 },
            },
            config.Model);
        Assert.Equal(new LossConfig { Sampling = NegativeSampling.Local, NegativeCount = 128 }, config.Loss);
        Assert.Equal(new Sequor.Training.TrainingConfig { WeightDecay = 0 }, config.Training);
    }

    [Fact]
    public void Item_embeddings_bind_with_their_attributes_and_back()
    {
        ExperimentConfig config = Bind("""
            train_fn.embedding_module_type = "features"
            train_fn.item_features = ["genres", "year"]
            train_fn.item_id_dropout_rate = 0.3
            """).Config;
        Assert.Equal(
            new ItemEmbeddingConfig { Kind = ItemEmbeddingKind.Features, Features = ["genres", "year"], IdDropoutRate = 0.3 }, config.Model.ItemEmbedding);
        Assert.NotEqual(config.Model.ItemEmbedding with { Features = ["year", "genres"] }, config.Model.ItemEmbedding);
        Assert.Equal(config, Bind(config.ToGin()).Config);
    }

    [Theory]
    [InlineData("train_fn.item_features = \"genres\"")]
    [InlineData("train_fn.item_features = [\"genres\", 3]")]
    [InlineData("train_fn.item_features = [\"genres\", \"genres\"]")]
    [InlineData("train_fn.item_features = [\"\"]")]
    public void Item_features_are_different_names(string statement) =>
        Assert.Contains("must be a list of different strings", Assert.Throws<InvalidInputException>(() => Bind(statement)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("train_fn.item_category = \"genres\"", "is not \"categorical\"")]
    [InlineData("train_fn.item_features = []", "is not \"features\"")]
    [InlineData("train_fn.item_id_dropout_rate = 0", "is not \"features\"")]
    public void Settings_of_another_item_embedding_are_noticed(string statement, string expected) =>
        Assert.Contains(expected, Assert.Single(Bind(statement).Notices), StringComparison.Ordinal);

    [Fact]
    public void What_concerns_only_GPUs_is_noticed_once_a_name() => Assert.Equal(
        [
            "`import generative_recommenders.research.modeling.sequential.hstu` is ignored: Sequor runs no Python (x.gin:3)",
            "accepted and without effect on CPUs: HSTU.attn_impl = \"auto\" (x.gin:4)",
            "accepted and without effect on CPUs: train_fn.enable_tf32 = False (x.gin:43)",
            "accepted and without effect on CPUs: train_fn.main_module_bf16 = False (x.gin:39)",
            "accepted and without effect on CPUs: create_data_loader.prefetch_factor = 128 (x.gin:41)",
            "accepted and without effect on CPUs: create_data_loader.num_workers = 8 (x.gin:42)",
        ],
        Bind(PublishedHstuLarge + "\ntrain_fn.enable_tf32 = False").Notices);

    [Fact]
    public void An_empty_file_is_the_defaults_of_the_records() => Assert.Equal(new ExperimentConfig(), Bind("").Config);

    [Theory]
    [InlineData("hstu_encoder.num_heads = 0", "hstu_encoder.num_heads = 0 must be at least 1 (x.gin:1)")]
    [InlineData("hstu_encoder.num_heads = True", "hstu_encoder.num_heads = True must be an integer (x.gin:1)")]
    [InlineData("hstu_encoder.num_heads = 2.0", "hstu_encoder.num_heads = 2.0 must be an integer (x.gin:1)")]
    [InlineData("train_fn.max_sequence_length = 99999999999", "train_fn.max_sequence_length = 99999999999 must be at most 100000 (x.gin:1)")]
    [InlineData("train_fn.random_seed = -1", "train_fn.random_seed = -1 must be at least 0 (x.gin:1)")]
    [InlineData("\ntrain_fn.dropout_rate = 1", "train_fn.dropout_rate = 1 must be at least 0 and less than 1 (x.gin:2)")]
    [InlineData("hstu_encoder.attn_dropout_rate = -0.1", "hstu_encoder.attn_dropout_rate = -0.1 must be at least 0 and less than 1 (x.gin:1)")]
    [InlineData("train_fn.temperature = 0", "train_fn.temperature = 0 must be greater than 0 (x.gin:1)")]
    [InlineData("train_fn.temperature = 'a'", "train_fn.temperature = \"a\" must be a number (x.gin:1)")]
    [InlineData("train_fn.weight_decay = -1", "train_fn.weight_decay = -1 must be at least 0 (x.gin:1)")]
    [InlineData("train_fn.positional_sampling_ratio = 1.5", "train_fn.positional_sampling_ratio = 1.5 must be greater than 0 and at most 1 (x.gin:1)")]
    [InlineData("train_fn.item_l2_norm = 1", "train_fn.item_l2_norm = 1 must be True or False (x.gin:1)")]
    [InlineData("train_fn.dataset_name = ''", "train_fn.dataset_name = \"\" must be a string in quotes, not empty (x.gin:1)")]
    [InlineData("train_fn.main_module = 'HTSU'", "train_fn.main_module = \"HTSU\" must be one of \"SASRec\", \"HSTU\", \"FuXi-alpha\", \"FuXi-beta\", \"LiGR\"; did you mean \"HSTU\"? (x.gin:1)")]
    [InlineData("train_fn.sampling_strategy = None", "train_fn.sampling_strategy = None must be one of \"local\", \"in-batch\" (x.gin:1)")]
    [InlineData("train_fn.item_optimizer = 'SparseAdam'", "train_fn.item_optimizer = \"SparseAdam\" must be one of \"AdamW\", \"LazyAdamW\", \"PartialRowWiseAdamW\" (x.gin:1)")]
    [InlineData("train_fn.loss_module = @BCELoss", "train_fn.loss_module = @BCELoss must be one of \"SampledSoftmaxLoss\", \"BCELoss\", \"BCELossWithRatings\", \"FullSoftmaxLoss\" (x.gin:1)")]
    [InlineData("hstu_encoder.nun_heads = 2", "hstu_encoder.nun_heads is not a setting that Sequor knows: did you mean hstu_encoder.num_heads? (x.gin:1)")]
    [InlineData("hstu_encoder.num_head = 2", "hstu_encoder.num_head is not a setting that Sequor knows: did you mean hstu_encoder.num_heads? (x.gin:1)")]
    [InlineData("quite.different = 2", "quite.different is not a setting that Sequor knows (x.gin:1)")]
    [InlineData("train_fn.top_k_method = 'MoLBruteForceTopK'", "train_fn.top_k_method = \"MoLBruteForceTopK\" must be \"MIPSBruteForceTopK\" or an HIndexer with train_fn.interaction_module_type = \"DotProduct\" (x.gin:1)")]
    [InlineData("train_fn.top_k_method = 'MoLAvgTopK'", "train_fn.top_k_method = \"MoLAvgTopK\" must be one of MIPSBruteForceTopK, MoLBruteForceTopK, MoLExactTopK, MoLNaiveTopK50, MoLAvgTopK200, MoLCombTopK50_200, HIndexerTopK1000, numbers as you choose (x.gin:1)")]
    [InlineData("train_fn.loss_weights = {'mi_loss': 0.001}", "train_fn.loss_weights must be {} with train_fn.interaction_module_type = \"DotProduct\", which has no auxiliary losses (x.gin:1)")]
    [InlineData("train_fn.loss_weights = {'mi': 0.001}", "train_fn.loss_weights = {\"mi\": 0.001} has the key \"mi\", which must be one of \"mi_loss\", \"uid_embedding_l2_norm\" (x.gin:1)")]
    [InlineData("train_fn.loss_weights = {'mi_loss': -1}", "train_fn.loss_weights = -1 must be at least 0 (x.gin:1)")]
    [InlineData("train_fn.interaction_module_type = 'MoL'\ntrain_fn.top_k_method = 'MIPSBruteForceTopK'", "train_fn.top_k_method = \"MIPSBruteForceTopK\" must be a MoL method or an HIndexer with train_fn.interaction_module_type = \"MoL\" (x.gin:2)")]
    [InlineData("create_mol_interaction_module.temperature = 0", "create_mol_interaction_module.temperature = 0 must be greater than 0 (x.gin:1)")]
    [InlineData("create_mol_interaction_module.uid_embedding_hash_sizes = 6040", "create_mol_interaction_module.uid_embedding_hash_sizes = 6040 must be a list of integers, such as [6040] (x.gin:1)")]
    [InlineData("train_fn.interaction_module_type = 'MoL'\ncreate_mol_interaction_module.gating_query_fn = False", "create_mol_interaction_module.gating_query_fn and gating_item_fn must both be True unless gating_combination_type = \"none\": the other forms multiply the two (x.gin:2)")]
    [InlineData("train_fn.interaction_module_type = 'MoL'\ntrain_fn.loss_weights = {'uid_embedding_l2_norm': 0.1}", "train_fn.loss_weights names uid_embedding_l2_norm, but create_mol_interaction_module.uid_embedding_hash_sizes has no table of users (x.gin:2)")]
    [InlineData("train_fn.enable_tf32 = 3", "train_fn.enable_tf32 = 3 must be True or False (x.gin:1)")]
    [InlineData("create_data_loader.num_workers = -1", "create_data_loader.num_workers = -1 must be an integer of at least 0 (x.gin:1)")]
    [InlineData("sasrec_encoder.num_heads = 7", "sasrec_encoder.num_heads = 7 must divide train_fn.item_embedding_dim = 240 (x.gin:1)")]
    [InlineData("train_fn.main_module = 'LiGR'\nligr_encoder.num_heads = 2\ntrain_fn.item_embedding_dim = 4\ntrain_fn.input_preprocessor = 'LearnablePositionalEmbeddingRated'\ntrain_fn.rating_embedding_dim = 3", "ligr_encoder.num_heads = 2 must divide train_fn.item_embedding_dim = 4 + train_fn.rating_embedding_dim = 3 (x.gin:2)")]
    [InlineData("sasrec_encoder.num_heads = 2\ntrain_fn.item_embedding_dim = 5", "sasrec_encoder.num_heads = 2 must divide train_fn.item_embedding_dim = 5 (x.gin:1)")]
    [InlineData(
        "sasrec_encoder.num_heads = 16\ntrain_fn.input_preprocessor = 'LearnablePositionalEmbeddingRated'",
        "sasrec_encoder.num_heads = 16 must divide train_fn.item_embedding_dim = 240 + train_fn.rating_embedding_dim = 8 (x.gin:1)")]
    [InlineData("train_fn.rating_scale = 3", "train_fn.rating_scale = 3 must be at most 2 (x.gin:1)")]
    [InlineData("train_fn.loss_module = 'BCELoss'\ntrain_fn.num_negatives = 4", "train_fn.num_negatives = 4 must be 1 with train_fn.loss_module = \"BCELoss\" (x.gin:2)")]
    [InlineData(
        "train_fn.main_module = 'HSTU'\nhstu_encoder.normalization = 'softmax_rel_bias'\nhstu_encoder.attention_normalizer = 'length'",
        "hstu_encoder.attention_normalizer = \"length\" must go with hstu_encoder.normalization = \"rel_bias\": a softmax is not divided further (x.gin:3)")]
    public void A_wrong_setting_ends_in_name_value_rule_and_line(string text, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidInputException>(() => Bind(text)).Message);

    [Fact]
    public void Settings_of_the_encoder_that_is_not_built_are_noticed() =>
        Assert.Equal(["hstu_encoder.dqk is without effect: train_fn.main_module is not \"HSTU\" (x.gin:1)"], Bind("hstu_encoder.dqk = 3").Notices);

    [Theory]
    [InlineData("train_fn.num_ratings = 11", "train_fn.num_ratings is without effect: train_fn.input_preprocessor reads no ratings (x.gin:1)")]
    [InlineData("train_fn.rating_scale = 2", "train_fn.rating_scale is without effect: train_fn.input_preprocessor reads no ratings (x.gin:1)")]
    [InlineData(
        "train_fn.rating_embedding_dim = 4\ntrain_fn.input_preprocessor = 'CombinedItemAndRating'",
        "train_fn.rating_embedding_dim is without effect: train_fn.input_preprocessor is not \"LearnablePositionalEmbeddingRated\" (x.gin:1)")]
    [InlineData("train_fn.rating_label = 'raw'", "train_fn.rating_label is without effect: train_fn.loss_module is not \"BCELossWithRatings\" (x.gin:1)")]
    [InlineData(
        "train_fn.num_negatives = 4\ntrain_fn.loss_module = 'BCELossWithRatings'",
        "train_fn.num_negatives is without effect: BCELossWithRatings samples no negatives (x.gin:1)")]
    [InlineData(
        "train_fn.in_batch_dedup = False\ntrain_fn.sampling_strategy = 'local'",
        "train_fn.in_batch_dedup is without effect: no negatives are sampled in the batch (x.gin:1)")]
    public void Settings_that_the_chosen_parts_do_not_read_are_noticed(string text, string notice) => Assert.Equal([notice], Bind(text).Notices);

    [Fact]
    public void A_scoped_binding_is_checked_and_without_effect()
    {
        LoadedExperiment loaded = Bind("eval/hstu_encoder.dqk = 3");
        Assert.Equal(new ExperimentConfig(), loaded.Config);
        Assert.Equal(["eval/hstu_encoder.dqk is without effect: Sequor runs nothing in a scope (x.gin:1)"], loaded.Notices);
        Assert.Throws<InvalidInputException>(() => Bind("eval/hstu_encoder.dqk = 0"));
    }

    [Fact]
    public void A_name_may_carry_the_path_of_its_Python_module() =>
        Assert.Equal(3, Bind("research.trainer.train.train_fn.num_epochs = 3").Config.Training.EpochCount);

    private static LoadedExperiment Bind(string text) => ExperimentConfig.FromGin(text, "x.gin");
}
