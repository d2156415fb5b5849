using Sequor.Configuration;
using Sequor.Data;
using Sequor.Tests.Data;
using Sequor.Training;
using Sequor.Training.Checkpoints;
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
    public void Any_number_of_ranks_comes_to_the_losses_of_one_process_and_all_of_them_to_the_same_weights(string settings)
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

    [Theory]
    [InlineData("train_fn.main_module = 'HSTU'\nhstu_encoder.linear_dropout_rate = 0.2\nhstu_encoder.attn_dropout_rate = 0.1")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.sampling_strategy = 'local'\ntrain_fn.item_l2_norm = True\ntrain_fn.item_optimizer = 'PartialRowWiseAdamW'")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.loss_module = 'BCELoss'\ntrain_fn.num_negatives = 1\ntrain_fn.item_optimizer = 'LazyAdamW'")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.input_preprocessor = 'CombinedItemAndRating'\ntrain_fn.loss_module = 'BCELossWithRatings'")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.interaction_module_type = 'MoL'\ncreate_mol_interaction_module.uid_embedding_hash_sizes = [5, 7]\ncreate_mol_interaction_module.item_dropout_rate = 0.2\ntrain_fn.loss_weights = {'mi_loss': 0.01, 'uid_embedding_l2_norm': 0.1}")]
    public void A_table_dealt_out_by_rows_comes_to_the_bits_of_a_replicated_one(string settings)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + settings, "test").Config;
        ExperimentConfig byRows = config with { Training = config.Training with { EmbeddingSharding = EmbeddingSharding.Rows } };
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 3, 11, 8, 17, 5], itemCount: 40, attributes: true));
        for (int ranks = 2; ranks <= 4; ranks++)
        {
            (double[] losses, float[][][] replicated) = RankTraining.Run(config, store, ranks, Steps);
            (double[] shared, float[][][] sharded) = RankTraining.Run(byRows, store, ranks, Steps);
            Assert.Equal(losses, shared);
            float[][] whole = RankTraining.Whole(sharded);
            for (int p = 0; p < whole.Length; p++) Assert.Equal(replicated[0][p], whole[p]);
        }
    }

    [Theory]
    [InlineData("train_fn.embedding_module_type = 'categorical'", "train_fn.embedding_sharding = \"rows\" deals out a table with a row an item")]
    [InlineData("train_fn.loss_module = 'FullSoftmaxLoss'", "train_fn.loss_module = \"FullSoftmaxLoss\" reads the whole item table in every step")]
    [InlineData("train_fn.interaction_module_type = 'MoL'\ntrain_fn.top_k_method = 'MoLNaiveTopK100'", "searches a catalogue as a whole")]
    public void What_needs_the_whole_table_does_not_go_with_rows(string settings, string message)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + "train_fn.embedding_sharding = 'rows'\n" + settings, "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22], itemCount: 40, attributes: true));
        var error = Assert.Throws<InvalidInputException>(() => RankTraining.OnRanks(2, group =>
        {
            using var workers = new Sequor.Kernels.WorkerPool(1);
            using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers, group: group);
        }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 2, EmbeddingSharding.Rows, 3, EmbeddingSharding.Replicated)]
    [InlineData("", 1, EmbeddingSharding.Replicated, 4, EmbeddingSharding.Rows)]
    [InlineData("train_fn.item_optimizer = 'PartialRowWiseAdamW'\n", 3, EmbeddingSharding.Rows, 1, EmbeddingSharding.Rows)]
    [InlineData("train_fn.interaction_module_type = 'MoL'\n", 3, EmbeddingSharding.Rows, 2, EmbeddingSharding.Rows)]
    public void A_run_goes_on_with_another_number_of_ranks_and_another_place_of_the_table(
        string settings, int before, EmbeddingSharding shardingBefore, int behind, EmbeddingSharding shardingBehind)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + settings + "train_fn.num_epochs = 4\ntrain_fn.eval_batch_size = 3\ntrain_fn.checkpoint_every_seconds = 0", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 3, 11, 8, 17, 5], itemCount: 40));
        TrainingResult whole = Fit(config, EmbeddingSharding.Replicated, 1, folder.File("whole"))!;
        string run = folder.File("run");
        Assert.Null(Fit(config, shardingBefore, before, run, stopBehind: 3));
        TrainingResult result = Fit(config, shardingBehind, behind, run, resume: true)!;
        Assert.Equal(whole.Epochs.Count, result.Epochs.Count);
        for (int epoch = 0; epoch < 4; epoch++)
        {
            Assert.Equal(whole.Epochs[epoch].Loss, result.Epochs[epoch].Loss, LossTolerance * whole.Epochs[epoch].Loss);
            Assert.Equal(whole.Epochs[epoch].Report.Metrics["mrr"], result.Epochs[epoch].Report.Metrics["mrr"], 1e-5);
        }
        Assert.Equal(whole.Test!.Metrics["mrr"], result.Test!.Metrics["mrr"], 1e-5);

        TrainingResult? Fit(ExperimentConfig settings, EmbeddingSharding sharding, int ranks, string path, int? stopBehind = null, bool resume = false)
        {
            ExperimentConfig own = settings with { Training = settings.Training with { EmbeddingSharding = sharding } };
            var results = new TrainingResult?[ranks];
            RankTraining.OnRanks(ranks, group =>
            {
                using var workers = new Sequor.Kernels.WorkerPool(1);
                using var interrupted = !resume ? null : ranks == 1 ? InterruptedRun.Open(path) : InterruptedRun.Open(path, group);
                using var trainer = new Trainer(own, store, EvaluationProtocol.Validation, workers, group: ranks == 1 ? null : group);
                using var cancellation = new CancellationTokenSource();
                // One rank alone wants to stop.
                var progress = new Stop(() =>
                {
                    if (trainer.StepCount == stopBehind && group.Rank == ranks - 1) cancellation.Cancel();
                });
                try
                {
                    results[group.Rank] = interrupted is null ? trainer.Fit(path, progress, null, cancellation.Token) : trainer.Resume(interrupted, progress, null, cancellation.Token);
                }
                catch (OperationCanceledException)
                {
                    Assert.NotNull(stopBehind);
                }
            });
            return results[0];
        }
    }

    [Fact]
    public void A_loss_that_is_no_number_is_explained_by_the_rank_whose_share_has_lost_it()
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + "train_fn.main_module = 'HSTU'\ntrain_fn.num_epochs = 1", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 11, 8], itemCount: 40));
        var messages = new string[3];
        var error = Assert.Throws<InvalidInputException>(() => RankTraining.OnRanks(3, group =>
        {
            using var workers = new Sequor.Kernels.WorkerPool(1);
            using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers, group: group);
            // The last rank alone reads a weight that is none, as if its memory had failed.
            for (int item = 1; group.Rank == 2 && item <= 40; item++) trainer.Model.Items.Value[item][0] = float.NaN;
            using var loader = new BatchLoader(LeaveOneOut.Train(store, EvaluationProtocol.Reference, 20), config.Training, group.Rank, 3);
            loader.Begin(0);
            messages[group.Rank] = Assert.Throws<InvalidInputException>(() => trainer.Step(loader.Next()!)).Message;
            throw new InvalidInputException(messages[group.Rank]);
        }));
        Assert.StartsWith("the loss became NaN in step 0, on the users ", error.Message, StringComparison.Ordinal);
        Assert.Contains("weights that are no numbers since a step before: _embedding_module._item_emb.weight", error.Message, StringComparison.Ordinal);
        Assert.All(messages, message => Assert.Equal(messages[2], message));
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
            using var trainer = new Trainer(own, store, EvaluationProtocol.Reference, workers, group: group);
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
            using var trainer = new Trainer(config, store, protocol, workers, group: group);
            TrainingResult result = trainer.Fit(folder.File("run"));
            LeaveOneOut view = protocol == EvaluationProtocol.Reference ? LeaveOneOut.Test(store, 20) : LeaveOneOut.Validation(store, 20);
            var options = new Sequor.Evaluation.EvaluationOptions { BatchSize = 2, Workers = workers };
            Assert.Equal(Sequor.Evaluation.Evaluator.Evaluate(trainer.Model, view, options).Metrics, result.Last.Report.Metrics);
            Assert.Equal(protocol == EvaluationProtocol.Validation, result.Test is not null);
        });
        Assert.True(File.Exists(folder.File("run/last/manifest.json")));
        Assert.Single(File.ReadAllLines(folder.File("run/log.txt")), line => line.Contains("protocol", StringComparison.Ordinal) && line.Contains("3 ranks on thread-0 (1), thread-1 (1), thread-2 (1)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("train_fn.interaction_module_type = 'MoL'\n")]
    [InlineData("train_fn.item_l2_norm = True\n")]
    public void Ranks_of_targets_in_a_dealt_out_catalogue_are_those_in_the_whole(string settings)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + settings + "train_fn.num_epochs = 1\ntrain_fn.eval_batch_size = 2", "test").Config;
        ExperimentConfig byRows = config with { Training = config.Training with { EmbeddingSharding = EmbeddingSharding.Rows } };
        // Histories that hold their target too, and more items than a block of an index.
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 3, 11, 8, 17, 5, 40, 6], itemCount: 300));
        RankTraining.OnRanks(3, group =>
        {
            using var workers = new Sequor.Kernels.WorkerPool(1);
            using var trainer = new Trainer(byRows, store, EvaluationProtocol.Reference, workers, group: group);
            Assert.True(trainer.Model.Items.IsHeldInPart);
            TrainingResult result = trainer.Fit(folder.File("run"));
            group.Barrier();
            using var saved = Sequor.Artifacts.ModelArtifact.Load(folder.File("run/last"));
            var options = new Sequor.Evaluation.EvaluationOptions { BatchSize = 2, Workers = workers };
            Assert.Equal(Sequor.Evaluation.Evaluator.Evaluate(saved.Model, LeaveOneOut.Test(store, 20), options).Metrics, result.Last.Report.Metrics);
        });
    }

    [Fact]
    public void Groups_of_threads_exchange_what_each_has_for_each()
    {
        RankTraining.OnRanks(3, group =>
        {
            // Rank r gives rank q r + q words of r · 10 + q.
            long[] sent = [.. Enumerable.Range(0, 3).Select(to => (long)(group.Rank + to))], received = [.. sent];
            uint[] give = [.. Enumerable.Range(0, 3).SelectMany(to => Enumerable.Repeat((uint)(group.Rank * 10 + to), group.Rank + to))], take = new uint[give.Length];
            unsafe
            {
                fixed (uint* from = give)
                fixed (uint* to = take)
                    group.Exchange(from, sent, to, received);
            }
            Assert.Equal(Enumerable.Range(0, 3).SelectMany(from => Enumerable.Repeat((uint)(from * 10 + group.Rank), group.Rank + from)), take);
        });
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

    private sealed class Stop(Action look) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => look();
    }
}
