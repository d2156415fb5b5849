using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Tests.Parity;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Properties;

public class ReproducibilityTests
{
    public static TheoryData<string, LossKind> Runs
    {
        get
        {
            var data = new TheoryData<string, LossKind>();
            foreach (LossKind loss in Enum.GetValues<LossKind>())
                foreach (string name in TinyModels.Names) data.Add(name, loss);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_number_of_threads_never_changes_a_bit_of_training(string name, LossKind loss)
    {
        float[][] one = Train(name, loss, threads: 1);
        Assert.Equal(one, Train(name, loss, threads: 2));
        Assert.Equal(one, Train(name, loss, threads: 3));
    }

    [Fact]
    public void Blocks_that_are_computed_again_change_no_bit_of_training() =>
        Assert.Equal(Train("hstu", LossKind.SampledSoftmax, threads: 2, dropout: 0), Train("hstu_checkpoint", LossKind.SampledSoftmax, threads: 2, dropout: 0));

    // Three steps with dropout: losses, then gradients and parameters after each step.
    private static float[][] Train(string name, LossKind kind, int threads, double dropout = 0.2)
    {
        using var workers = new WorkerPool(threads);
        using RecommenderModel model = TinyModels.Build(name, dropout);
        using var tape = new Tape(workers, differentiate: true);
        using var batch = new SequenceBatch();
        using var optimizer = new AdamWOptimizer(model.Parameters, new TrainingConfig { LearningRate = 0.01 }, workers);
        var loss = new NextItemLoss(
            new LossConfig { Kind = kind, Sampling = NegativeSampling.InBatch, NegativeCount = kind == LossKind.BinaryCrossEntropy ? 1 : 9, BalanceWeight = 0.1, UserNormWeight = 0.1 }, TinyModels.Items, seed: 3);
        var record = new List<float[]>();
        for (int step = 0; step < 3; step++)
        {
            var random = new Random(step);
            TinyModels.Fill(batch, TinyModels.Histories(step, [.. Enumerable.Range(0, 24).Select(_ => random.Next(1, 41))]));
            tape.Begin(seed: 9, step);
            Matrix states = model.Encode(tape, batch);
            record.Add([(float)loss.Compute(tape, model, batch, states, step)]);
            tape.Backward();
            foreach (Parameter parameter in model.Parameters) record.Add(GoldenModel.Gradient(parameter));
            optimizer.Step();
            foreach (Parameter parameter in model.Parameters) record.Add(GoldenModel.Values(parameter.Value));
        }
        Assert.All(record, values => Assert.DoesNotContain(float.NaN, values));
        return [.. record];
    }
}
