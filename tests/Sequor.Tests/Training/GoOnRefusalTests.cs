using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

/// <summary>Settings that give the weights of a model other shapes or places, refused when a training would go on from it.</summary>
public sealed class GoOnRefusalTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly WorkerPool workers = new(2);

    public void Dispose()
    {
        workers.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("", "train_fn.main_module = 'SASRec'", "train_fn.main_module (\"HSTU\" there, \"SASRec\" here)")]
    [InlineData("", "train_fn.item_embedding_dim = 16", "train_fn.item_embedding_dim (8 there, 16 here), _embedding_module._item_emb.weight ((26, 8) there, (26, 16) here)")]
    [InlineData("", "hstu_encoder.num_blocks = 2", "hstu_encoder.num_blocks (1 there, 2 here)")]
    [InlineData("", "hstu_encoder.num_heads = 2\nhstu_encoder.dqk = 4\nhstu_encoder.dv = 4", "hstu_encoder.num_heads (1 there, 2 here), hstu_encoder.dqk (8 there, 4 here), hstu_encoder.dv (8 there, 4 here);")]
    [InlineData("", "train_fn.max_sequence_length = 20", "train_fn.max_sequence_length (12 there, 20 here), _input_features_preproc._pos_emb.weight ((23, 8) there, (31, 8) here)")]
    [InlineData("", "train_fn.embedding_module_type = 'features'", "train_fn.embedding_module_type (\"local\" there, \"features\" here), _embedding_module._attribute_emb.genre.weight (none there, (3, 8) here)")]
    [InlineData("", "train_fn.interaction_module_type = 'MoL'", "train_fn.interaction_module_type (\"DotProduct\" there, \"MoL\" here)")]
    [InlineData("", "train_fn.input_preprocessor = 'CombinedItemAndRating'", "train_fn.input_preprocessor (\"LearnablePositionalEmbedding\" there, \"CombinedItemAndRating\" here)")]
    [InlineData("train_fn.input_preprocessor = 'CombinedItemAndRating'", "train_fn.rating_scale = 2\ntrain_fn.num_ratings = 11", "train_fn.num_ratings (6 there, 11 here), train_fn.rating_scale (1 there, 2 here)")]
    [InlineData("train_fn.input_preprocessor = 'LearnablePositionalEmbeddingRated'", "train_fn.rating_embedding_dim = 4", "train_fn.rating_embedding_dim (8 there, 4 here)")]
    [InlineData("train_fn.interaction_module_type = 'MoL'", "create_mol_interaction_module.item_dot_product_groups = 4", "create_mol_interaction_module.item_dot_product_groups (2 there, 4 here)")]
    [InlineData("train_fn.interaction_module_type = 'MoL'", "create_mol_interaction_module.uid_embedding_hash_sizes = [13]", "create_mol_interaction_module.uid_embedding_hash_sizes ([11] there, [13] here)")]
    [InlineData("train_fn.embedding_module_type = 'categorical'", "train_fn.item_category = 'size'", "train_fn.item_category (\"genre\" there, \"size\" here);")]
    [InlineData("train_fn.embedding_module_type = 'features'\ntrain_fn.item_features = ['genre']", "train_fn.item_features = []", "_embedding_module._attribute_emb.size.weight (none there, (2, 8) here);")]
    [InlineData("train_fn.embedding_module_type = 'features'", "train_fn.item_features = ['genre']", "_embedding_module._attribute_emb.size.weight ((2, 8) there, none here);")]
    public void Settings_that_change_a_shape_are_listed_with_both(string common, string changed, string expected)
    {
        using var store = SequenceStore.Open(GrowingData.Old(folder));
        string run = Train(GrowingData.Config(common), store);
        string message = Assert.Throws<InvalidInputException>(() => new Trainer(GrowingData.Config(common + "\n" + changed), store, EvaluationProtocol.Reference, workers, run)).Message;
        Assert.StartsWith("a model can go on only with weights of its own shapes, and run differs in ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.EndsWith("; give the settings that it was trained with, or train anew without --init-from", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("train_fn.dropout_rate = 0.5\ntrain_fn.learning_rate = 1e-4\ntrain_fn.random_seed = 3\ntrain_fn.temperature = 0.1\ntrain_fn.item_l2_norm = True\ntrain_fn.user_embedding_norm = 'layer_norm'")]
    [InlineData("train_fn.max_sequence_length = 20\ntrain_fn.gr_output_length = 2")]
    [InlineData("sasrec_encoder.num_blocks = 7\ncreate_mol_interaction_module.dot_product_dimension = 9\ntrain_fn.num_ratings = 11\ntrain_fn.item_category = 'size'")]
    public void Settings_that_leave_shapes_alone_are_free(string changed)
    {
        using var store = SequenceStore.Open(GrowingData.Old(folder));
        string run = Train(GrowingData.Config(), store);
        using var trainer = new Trainer(GrowingData.Config(changed), store, EvaluationProtocol.Reference, workers, run);
        Assert.Equal(25, trainer.InitialModel!.MatchedItems);
    }

    [Fact]
    public void A_folder_that_is_no_model_is_refused()
    {
        using var store = SequenceStore.Open(GrowingData.Old(folder));
        string message = Assert.Throws<InvalidInputException>(() => new Trainer(GrowingData.Config(), store, EvaluationProtocol.Reference, workers, folder.Path)).Message;
        Assert.Contains("holds neither a run", message, StringComparison.Ordinal);
    }

    private string Train(ExperimentConfig config, SequenceStore store)
    {
        using var trainer = new Trainer(config with { Training = config.Training with { EpochCount = 1 } }, store, EvaluationProtocol.Reference, workers);
        trainer.Fit(folder.File("run"), cancellationToken: TestContext.Current.CancellationToken);
        return folder.File("run");
    }
}
