using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Tests.Data;
using Sequor.Tests.Retrieval;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // One thread, so that the counter of this thread sees all of the step.
    [Theory]
    [InlineData("train_fn.main_module = 'HSTU'")]
    [InlineData("train_fn.main_module = 'HSTU'\nhstu_encoder.concat_ua = True\ntrain_fn.item_optimizer = 'LazyAdamW'\ntrain_fn.item_l2_norm = True")]
    [InlineData("train_fn.main_module = 'SASRec'\nsasrec_encoder.ffn_activation_fn = 'gelu'")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.loss_module = 'FullSoftmaxLoss'\ntrain_fn.item_optimizer = 'PartialRowWiseAdamW'")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.input_preprocessor = 'CombinedItemAndRating'\ntrain_fn.loss_module = 'BCELossWithRatings'")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.input_preprocessor = 'LearnablePositionalEmbeddingRated'\ntrain_fn.in_batch_dedup = False")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.embedding_module_type = 'features'\ntrain_fn.item_l2_norm = True")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.embedding_module_type = 'categorical'")]
    [InlineData("train_fn.main_module = 'LiGR'\nget_sequential_encoder.activation_checkpoint = True")]
    [InlineData("train_fn.main_module = 'FuXi-alpha'\ntrain_fn.interaction_module_type = 'MoL'\ncreate_mol_interaction_module.uid_embedding_hash_sizes = [5, 7]\ntrain_fn.loss_weights = {'mi_loss': 0.01, 'uid_embedding_l2_norm': 0.1}\ntrain_fn.loss_activation_checkpoint = True")]
    [InlineData("train_fn.main_module = 'FuXi-beta'\ntrain_fn.interaction_module_type = 'MoL'\ntrain_fn.loss_module = 'FullSoftmaxLoss'\ncreate_mol_interaction_module.softmax_dropout_rate = 0.2")]
    public void A_step_allocates_nothing_once_the_largest_batch_has_been_seen(string settings)
    {
        string common = "train_fn.item_embedding_dim = 16\ntrain_fn.max_sequence_length = 50\ntrain_fn.num_negatives = 8\n";
        ExperimentConfig config = ExperimentConfig.FromGin(common + settings, "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [30, 12, 45, 7, 60, 22], itemCount: 100, attributes: true));
        using var workers = new WorkerPool(1);
        using var trainer = new Trainer(config, store, EvaluationProtocol.Reference, workers);
        using SequenceBatch large = Batch(store, 6), small = Batch(store, 2);
        for (int i = 0; i < 3; i++)
        {
            trainer.Step(large);
            trainer.Step(small);
        }

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 5; i++) trainer.Step(i % 3 == 0 ? small : large);
        }));
        Assert.True(trainer.LastStep.Flops > 0 && trainer.LastStep.Bytes > 0 && trainer.StepMemoryBytes > 0);
    }

    private static SequenceBatch Batch(SequenceStore store, int users)
    {
        var batch = new SequenceBatch();
        LeaveOneOut view = LeaveOneOut.Train(store, EvaluationProtocol.Reference, 50);
        batch.Clear();
        for (int user = 0; user < users; user++)
        {
            LeaveOneOutExample example = view.Get(user);
            batch.Add(user, example.History, example.TargetItem, example.TargetTimestamp, example.TargetRating);
        }

        return batch;
    }
}
