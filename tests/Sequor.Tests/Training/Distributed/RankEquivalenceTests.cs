using Sequor.Configuration;
using Sequor.Data;
using Sequor.Tests.Data;
using Sequor.Training.Distributed;
using Xunit;

namespace Sequor.Tests.Training.Distributed;

/// <summary>Any number of ranks trains the model that one process trains, to rounding: same samples, negatives and masks, same sums.</summary>
public sealed class RankEquivalenceTests : IDisposable
{
    // What differs is the order in which gradients are added; AdamW, which divides by their size, makes a step of what is rounding alone, so the rate is low.
    private const double LossTolerance = 1e-5;
    private const int Steps = 20;
    private const string Common = "train_fn.item_embedding_dim = 16\ntrain_fn.max_sequence_length = 20\ntrain_fn.local_batch_size = 5\ntrain_fn.num_negatives = 7\ntrain_fn.temperature = 0.5\ntrain_fn.dropout_rate = 0.2\ntrain_fn.learning_rate = 0.00001\n";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train_fn.main_module = 'HSTU'\nhstu_encoder.linear_dropout_rate = 0.2\nhstu_encoder.attn_dropout_rate = 0.1")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.sampling_strategy = 'local'\ntrain_fn.item_l2_norm = True\nhstu_encoder.concat_ua = True")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.in_batch_dedup = False\nget_sequential_encoder.activation_checkpoint = True")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.loss_module = 'BCELoss'\ntrain_fn.num_negatives = 1\ntrain_fn.item_optimizer = 'LazyAdamW'")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.loss_module = 'BCELoss'\ntrain_fn.num_negatives = 1\ntrain_fn.sampling_strategy = 'local'\nsasrec_encoder.ffn_dropout_rate = 0.2")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.loss_module = 'FullSoftmaxLoss'\ntrain_fn.item_optimizer = 'PartialRowWiseAdamW'")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.input_preprocessor = 'CombinedItemAndRating'\ntrain_fn.loss_module = 'BCELossWithRatings'\nhstu_encoder.linear_dropout_rate = 0.2\nhstu_encoder.attn_dropout_rate = 0.1")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.input_preprocessor = 'LearnablePositionalEmbeddingRated'")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.embedding_module_type = 'features'\ntrain_fn.item_id_dropout_rate = 0.1\ntrain_fn.item_l2_norm = True")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.embedding_module_type = 'categorical'")]
    [InlineData("train_fn.main_module = 'LiGR'\nligr_encoder.dropout_rate = 0.2")]
    [InlineData("train_fn.main_module = 'FuXi-alpha'\nfuxi_encoder.linear_dropout_rate = 0.2")]
    [InlineData("train_fn.main_module = 'FuXi-beta'\nfuxi_encoder.linear_dropout_rate = 0.2\nget_sequential_encoder.activation_checkpoint = True")]
    [InlineData("train_fn.main_module = 'HSTU'\nhstu_encoder.normalization = 'softmax_rel_bias_unmasked'")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.interaction_module_type = 'MoL'\ncreate_mol_interaction_module.uid_embedding_hash_sizes = [5, 7]\ncreate_mol_interaction_module.uid_dropout_rate = 0.2\ntrain_fn.loss_weights = {'mi_loss': 0.01, 'uid_embedding_l2_norm': 0.1}\ntrain_fn.loss_activation_checkpoint = True")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.interaction_module_type = 'MoL'\ncreate_mol_interaction_module.item_dropout_rate = 0.2\ncreate_mol_interaction_module.softmax_dropout_rate = 0.2\ncreate_mol_interaction_module.gating_combination_type = 'glu_silu'")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.interaction_module_type = 'MoL'\ntrain_fn.loss_module = 'BCELoss'\ntrain_fn.num_negatives = 1\ntrain_fn.loss_weights = {'mi_loss': 0.01, 'uid_embedding_l2_norm': 0}")]
    [InlineData("train_fn.main_module = 'FuXi-beta'\ntrain_fn.interaction_module_type = 'MoL'\ntrain_fn.loss_module = 'FullSoftmaxLoss'\ncreate_mol_interaction_module.softmax_dropout_rate = 0.2")]
    public void Any_number_of_ranks_comes_to_the_losses_and_weights_of_one_process(string settings)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + settings, "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 3, 11, 8, 17, 5], itemCount: 40, attributes: true));
        (double[] losses, float[][][] one) = RankTraining.Run(config, store, 1, Steps);
        for (int ranks = 2; ranks <= 4; ranks++)
        {
            (double[] shared, float[][][] weights) = RankTraining.Run(config, store, ranks, Steps);
            for (int step = 0; step < Steps; step++) Assert.Equal(losses[step], shared[step], LossTolerance * Math.Abs(losses[step]));
            for (int p = 0; p < one[0].Length; p++)
            {
                for (int rank = 1; rank < ranks; rank++) Assert.Equal(weights[0][p], weights[rank][p]);
            }
        }
    }

    [Fact]
    public void Ranks_without_a_user_take_part()
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + "train_fn.main_module = 'HSTU'\ntrain_fn.local_batch_size = 2", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22], itemCount: 40));
        (double[] losses, _) = RankTraining.Run(config, store, 1, 6);
        (double[] shared, float[][][] weights) = RankTraining.Run(config, store, 4, 6);
        for (int step = 0; step < 6; step++) Assert.Equal(losses[step], shared[step], LossTolerance * Math.Abs(losses[step]));
        for (int p = 0; p < weights[0].Length; p++) Assert.Equal(weights[0][p], weights[3][p]);
    }

    [Fact]
    public void A_rank_that_differs_is_named()
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + "train_fn.num_epochs = 1", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22], itemCount: 40));
        var error = Assert.Throws<InvalidInputException>(() => RankTraining.OnRanks(2, group =>
        {
            ExperimentConfig own = group.Rank == 0 ? config : config with { Training = config.Training with { LearningRate = 0.5 } };
            using var workers = new Sequor.Kernels.WorkerPool(1);
            using var trainer = new Sequor.Training.Trainer(own, store, EvaluationProtocol.Reference, workers, group: group);
            trainer.Fit(folder.File("run"));
        }));
        Assert.Equal("rank 1 on thread-1 has other settings than rank 0 on thread-0: start all ranks with the same experiment file and --set", error.Message);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Theory]
    [InlineData(EvaluationProtocol.Reference)]
    [InlineData(EvaluationProtocol.Validation)]
    public void Evaluation_by_ranks_comes_to_the_figures_of_one_process(EvaluationProtocol protocol)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + "train_fn.num_epochs = 1\ntrain_fn.eval_batch_size = 2", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 3, 11, 8, 17, 5], itemCount: 40));
        RankTraining.OnRanks(3, group =>
        {
            using var workers = new Sequor.Kernels.WorkerPool(1);
            using var trainer = new Sequor.Training.Trainer(config, store, protocol, workers, group: group);
            Sequor.Training.TrainingResult result = trainer.Fit(folder.File("run"));
            LeaveOneOut view = protocol == EvaluationProtocol.Reference ? LeaveOneOut.Test(store, 20) : LeaveOneOut.Validation(store, 20);
            var options = new Sequor.Evaluation.EvaluationOptions { BatchSize = 2, Workers = workers };
            Assert.Equal(Sequor.Evaluation.Evaluator.Evaluate(trainer.Model, view, options).Metrics, result.Last.Report.Metrics);
            Assert.Equal(protocol == EvaluationProtocol.Validation, result.Test is not null);
        });
        Assert.True(File.Exists(folder.File("run/last/manifest.json")));
        Assert.Single(File.ReadAllLines(folder.File("run/log.txt")), line => line.Contains("protocol", StringComparison.Ordinal) && line.Contains("3 ranks on thread-0 (1), thread-1 (1), thread-2 (1)", StringComparison.Ordinal));
    }

    [Fact]
    public void Groups_of_threads_gather_what_each_has()
    {
        RankTraining.OnRanks(3, group =>
        {
            uint[] words = new uint[6];
            for (int i = 0; i < group.Rank + 1; i++) words[group.Rank * (group.Rank + 1) / 2 + i] = (uint)(10 * group.Rank + i);
            unsafe
            {
                fixed (uint* first = words) group.Gather(first, [1, 2, 3]);
            }
            Assert.Equal([0u, 10u, 11u, 20u, 21u, 22u], words);
        });
    }
}
