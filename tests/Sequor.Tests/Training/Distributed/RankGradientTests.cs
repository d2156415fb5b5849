using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Tests.Data;
using Sequor.Training;
using Sequor.Training.Distributed;
using Xunit;

namespace Sequor.Tests.Training.Distributed;

/// <summary>The gradients of one step, which the exchange puts together from shares, are those of the whole batch.</summary>
public sealed class RankGradientTests : IDisposable
{
    // Of the largest gradient of a parameter; and of the largest of all, where a parameter has rounding alone (biases of keys under a softmax).
    private const float Tolerance = 2e-5f;
    private const float Rounding = 1e-6f;
    private const string Common = "train_fn.item_embedding_dim = 16\ntrain_fn.max_sequence_length = 20\ntrain_fn.local_batch_size = 8\ntrain_fn.num_negatives = 7\ntrain_fn.temperature = 0.5\ntrain_fn.dropout_rate = 0.2\n";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train_fn.main_module = 'HSTU'\nhstu_encoder.linear_dropout_rate = 0.2\nhstu_encoder.attn_dropout_rate = 0.1")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.loss_module = 'BCELoss'\ntrain_fn.num_negatives = 1\ntrain_fn.item_l2_norm = True")]
    [InlineData("train_fn.main_module = 'SASRec'\ntrain_fn.loss_module = 'FullSoftmaxLoss'")]
    [InlineData("train_fn.main_module = 'FuXi-beta'\ntrain_fn.input_preprocessor = 'CombinedItemAndRating'\nfuxi_encoder.linear_dropout_rate = 0.2")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.embedding_module_type = 'features'\ntrain_fn.item_id_dropout_rate = 0.1")]
    [InlineData("train_fn.main_module = 'HSTU'\ntrain_fn.interaction_module_type = 'MoL'\ncreate_mol_interaction_module.uid_embedding_hash_sizes = [5, 7]\ncreate_mol_interaction_module.item_dropout_rate = 0.2\ntrain_fn.loss_weights = {'mi_loss': 0.01, 'uid_embedding_l2_norm': 0.1}")]
    public void Gradients_of_the_whole_batch_come_out_of_the_shares(string settings)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(Common + settings, "test").Config;
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [13, 9, 22, 3, 11, 8, 17, 5], itemCount: 40, attributes: true));
        float[][] whole = Gradients(config, store, 1)[0];
        float largest = whole.Max(values => values.Max(Math.Abs));
        for (int ranks = 2; ranks <= 4; ranks++)
        {
            float[][][] shared = Gradients(config, store, ranks);
            for (int p = 0; p < whole.Length; p++)
            {
                float tolerance = Math.Max(Tolerance * whole[p].Max(Math.Abs), Rounding * largest);
                for (int i = 0; i < whole[p].Length; i++) Assert.Equal(whole[p][i], shared[0][p][i], tolerance);
                for (int rank = 1; rank < ranks; rank++) Assert.Equal(shared[0][p], shared[rank][p]);
            }
        }
    }

    private static float[][][] Gradients(ExperimentConfig config, SequenceStore store, int ranks)
    {
        float[][][] gradients = new float[ranks][][];
        LeaveOneOut view = LeaveOneOut.Train(store, EvaluationProtocol.Reference, config.Model.MaxSequenceLength);
        RankTraining.OnRanks(ranks, group =>
        {
            using var workers = new WorkerPool(1);
            using var model = new RecommenderModel(config.Model, store.Items.Count, store.Items.Attributes);
            model.Initialize(config.Training.Seed, ItemPopularity.Count(view));
            using var tape = new Tape(workers, differentiate: true);
            using var exchange = ranks == 1 ? null : new GradientExchange(group, model.Parameters, tape);
            var objective = new NextItemLoss(config.Loss, store.Items.Count, config.Training.Seed, exchange is null ? null : exchange.Sum);
            using var loader = new BatchLoader(view, config.Training, group.Rank, group.Size);
            loader.Begin(0);
            SequenceBatch batch = loader.Next()!;
            tape.Begin(config.Training.Seed, 0);
            exchange?.Begin();
            double loss = objective.Compute(tape, model, batch, model.Encode(tape, batch), 0);
            tape.Backward();
            exchange?.End(ref loss, objective);
            gradients[group.Rank] = [.. model.Parameters.Select(Copy)];
        });
        return gradients;
    }

    private static float[] Copy(Parameter parameter)
    {
        int columns = parameter.Value.Columns;
        float[] values = new float[parameter.Value.Rows * columns];
        for (int row = 0; row < parameter.Value.Rows; row++) parameter.CopyGradientRow(row, values.AsSpan(row * columns, columns));
        return values;
    }
}
