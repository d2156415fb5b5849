using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Tests.Data;
using Sequor.Training;
using Sequor.Training.Checkpoints;
using Sequor.Training.Distributed;
using Xunit;

namespace Sequor.Tests.Training.Distributed;

/// <summary>Tables dealt out by rows at their edges: few items, equal scores, many windows, part of the users.</summary>
public sealed class ShardedTableTests : IDisposable
{
    private const string Common = "train_fn.item_embedding_dim = 16\ntrain_fn.max_sequence_length = 20\ntrain_fn.local_batch_size = 2\ntrain_fn.num_negatives = 7\ntrain_fn.temperature = 0.5\ntrain_fn.dropout_rate = 0.2\ntrain_fn.learning_rate = 0.00001\n";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1, 4, "")]
    [InlineData(2, 5, "")]
    [InlineData(3, 4, "train_fn.interaction_module_type = 'MoL'\n")]
    [InlineData(1, 3, "train_fn.interaction_module_type = 'MoL'\n")]
    [InlineData(5, 9, "train_fn.sampling_strategy = 'local'\n")]
    public void Catalogues_smaller_than_the_number_of_ranks_come_to_the_same_figures(int items, int ranks, string settings)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + settings + "train_fn.num_epochs = 2\ntrain_fn.eval_batch_size = 2\ntrain_fn.checkpoint_every_seconds = 0", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 4], itemCount: items));
        var results = new TrainingResult[2];
        for (int i = 0; i < 2; i++)
        {
            ExperimentConfig own = config with { Training = config.Training with { EmbeddingSharding = i == 0 ? EmbeddingSharding.Replicated : EmbeddingSharding.Rows } };
            RankTraining.OnRanks(ranks, group =>
            {
                using var workers = new WorkerPool(1);
                using var trainer = new Trainer(own, store, EvaluationProtocol.Validation, workers, group: group);
                TrainingResult result = trainer.Fit(folder.File($"run{i}"));
                if (group.Rank == 0) results[i] = result;
            });
        }
        Assert.Equal(results[0].Epochs.Select(epoch => epoch.Loss), results[1].Epochs.Select(epoch => epoch.Loss));
        for (int e = 0; e < 2; e++) Assert.Equal(results[0].Epochs[e].Report.Metrics, results[1].Epochs[e].Report.Metrics);
        Assert.Equal(results[0].Test!.Metrics, results[1].Test!.Metrics);
    }

    [Theory]
    [InlineData(1, "", null)]
    [InlineData(40, "", null)]
    [InlineData(300, "", 3)]
    [InlineData(300, "train_fn.interaction_module_type = 'MoL'\n", null)]
    [InlineData(129, "train_fn.interaction_module_type = 'MoL'\n", 1)]
    [InlineData(129, "", 1)]
    public void Equal_scores_are_ordered_by_item_over_all_parts(int items, string settings, int? batches)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + settings, "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 4, 11, 8, 17, 5, 40, 6], itemCount: items));
        for (int ranks = 2; ranks <= 5; ranks++)
            RankTraining.OnRanks(ranks, group =>
            {
                // All weights are zero.
                using var workers = new WorkerPool(1);
                LeaveOneOut view = LeaveOneOut.Test(store, 20);
                var options = new EvaluationOptions { BatchSize = 2, Workers = workers, MaxBatches = batches };
                using var model = new RecommenderModel(config.Model, items, store.Items.Attributes, heldInPart: true);
                using var shards = new ShardedTable(model.Items, group, workers);
                using var whole = new RecommenderModel(config.Model, items, store.Items.Attributes);
                using var evaluation = new ShardedEvaluation(model, view, options, group, shards);
                int[] mine = evaluation.Run(null).Ranks;
                double[] sums = Array.ConvertAll(mine, place => (double)place);
                unsafe
                {
                    fixed (double* first = sums) group.Sum(first, sums.Length);
                }

                int[] expected = Evaluator.Rank(whole, view, options, 0, 1, null, CancellationToken.None).Ranks;
                Assert.Equal(expected, Array.ConvertAll(sums, place => (int)place));
                Assert.True(expected.Distinct().Count() > 1 || items == 1 || batches == 1);
            });
    }

    [Fact]
    public void Partial_evaluations_have_the_figures_of_one_process()
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + "train_fn.num_epochs = 3\ntrain_fn.eval_batch_size = 2\ntrain_fn.full_eval_every_n = 2\ntrain_fn.partial_eval_num_iters = 3", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 4, 11, 8, 17, 5, 40, 6], itemCount: 100));
        TrainingResult? one = null;
        foreach (var (ranks, sharding) in new[] { (1, EmbeddingSharding.Replicated), (4, EmbeddingSharding.Replicated), (4, EmbeddingSharding.Rows), (2, EmbeddingSharding.Rows) })
            RankTraining.OnRanks(ranks, group =>
            {
                using var workers = new WorkerPool(1);
                using var trainer = new Trainer(config with { Training = config.Training with { EmbeddingSharding = sharding } }, store, EvaluationProtocol.Validation, workers, group: ranks == 1 ? null : group);
                TrainingResult result = trainer.Fit(folder.File($"run-{ranks}-{sharding}"));
                if (ranks == 1)
                {
                    one = result;
                    return;
                }

                for (int e = 0; e < 3; e++)
                {
                    Assert.Equal(one!.Epochs[e].Report.UserCount, result.Epochs[e].Report.UserCount);
                    foreach (var (name, value) in one.Epochs[e].Report.Metrics) Assert.Equal(value, result.Epochs[e].Report.Metrics[name], 1e-5);
                }
            });
    }

    [Theory]
    [InlineData("AdamW")]
    [InlineData("PartialRowWiseAdamW")]
    public void A_table_of_several_windows_is_saved_and_gone_on_with_to_the_same_bytes(string optimizer)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + $"train_fn.item_optimizer = '{optimizer}'\ntrain_fn.num_epochs = 1", "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 4], itemCount: 40_000));
        foreach (EmbeddingSharding sharding in Enum.GetValues<EmbeddingSharding>())
            for (int epochs = 1; epochs <= 2; epochs++)
                RankTraining.OnRanks(3, group =>
                {
                    using var workers = new WorkerPool(1);
                    string run = folder.File(sharding.ToString());
                    using InterruptedRun? begun = epochs == 1 ? null : InterruptedRun.Open(run, group);
                    ExperimentConfig own = config with { Training = config.Training with { EmbeddingSharding = sharding, EpochCount = epochs } };
                    using var trainer = new Trainer(own, store, EvaluationProtocol.Validation, workers, group: group);
                    _ = begun is null ? trainer.Fit(run) : trainer.Resume(begun);
                });
        foreach (string file in (string[])["last/model.safetensors", "best/model.safetensors"])
            Assert.Equal(File.ReadAllBytes(folder.File($"Replicated/{file}")), File.ReadAllBytes(folder.File($"Rows/{file}")));
    }
}
