using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Tests.Parity;
using Xunit;

namespace Sequor.Tests.Properties;

public class GradientTests
{
    public static TheoryData<string, LossKind, bool> Problems
    {
        get
        {
            var data = new TheoryData<string, LossKind, bool>();
            foreach (LossKind loss in Enum.GetValues<LossKind>())
                foreach (string name in TinyModels.Names.Select(row => row.Data).Append("hstu_unmasked"))
                    foreach (bool dropout in (bool[])[false, true]) data.Add(name, loss, dropout);
            return data;
        }
    }

    // Along a random direction u of one parameter, (L(w + hu) − L(w − hu)) / 2h must be ⟨∇L, u⟩. Dropout masks are a function of the
    // step, so they stand still. Losses are float32 sums: 2e-3 of the gradient's own length is what the quotient can tell.
    [Theory]
    [MemberData(nameof(Problems))]
    public void Gradients_agree_with_finite_differences(string name, LossKind kind, bool dropout)
    {
        // A kink of relu inside the step would spoil the quotient, so the pointwise layer of this check is smooth.
        using RecommenderModel model = TinyModels.Build(name == "sasrec" ? "sasrec_gelu" : name, dropout ? 0.3 : 0);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        using var batch = new SequenceBatch();
        TinyModels.Fill(batch, TinyModels.Histories(2, 9, 1, 17, 4));
        var loss = new NextItemLoss(new LossConfig { Kind = kind, Sampling = NegativeSampling.Local, NegativeCount = kind == LossKind.BinaryCrossEntropy ? 1 : 6, Temperature = 0.5, BalanceWeight = 0.3, UserNormWeight = 0.2 }, TinyModels.Items, seed: 3);
        Loss();
        tape.Backward();
        float[][] gradients = [.. model.Parameters.Select(GoldenModel.Gradient)];
        foreach (Parameter parameter in model.Parameters) parameter.ClearGradient();

        var random = new Random(8);
        for (int p = 0; p < gradients.Length; p++)
        {
            Parameter parameter = model.Parameters[p];
            float[] weights = GoldenModel.Values(parameter.Value), gradient = gradients[p];
            double[] direction = [.. weights.Select(_ => random.NextDouble() - 0.5)];
            double length = Math.Sqrt(direction.Sum(u => u * u)), expected = 0;
            for (int i = 0; i < weights.Length; i++)
            {
                direction[i] /= length;
                expected += direction[i] * gradient[i];
            }
            const double H = 4e-3;
            double quotient = (At(H) - At(-H)) / (2 * H);
            GoldenModel.Copy(weights, parameter.Value);
            double scale = Math.Max(Math.Sqrt(gradient.Sum(g => (double)g * g)), 0.02);
            Assert.True(Math.Abs(quotient - expected) < 2e-3 * scale, $"{parameter.Name}: finite difference {quotient}, gradient {expected} (length {scale})");

            double At(double h)
            {
                GoldenModel.Copy([.. weights.Select((w, i) => (float)(w + h * direction[i]))], parameter.Value);
                return Loss();
            }
        }

        double Loss()
        {
            tape.Begin(seed: 4, step: 1);
            return loss.Compute(tape, model, batch, model.Encode(tape, batch), step: 1);
        }
    }

    [Theory]
    [InlineData(11, false)]
    [InlineData(11, true)]
    [InlineData(70, false)]
    [InlineData(70, true)]
    public unsafe void Full_softmax_is_sampled_softmax_with_all_other_items_as_negatives(int dim, bool normalize)
    {
        const int Tokens = 2300;
        var random = new Random(6);
        using var table = new Parameter("table", [TinyModels.Items + 1, dim], isTable: true);
        for (int row = 0; row < table.Value.Rows; row++) foreach (ref float x in table.Value[row]) x = (float)(random.NextDouble() - 0.5);
        int[] targets = [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(1, TinyModels.Items + 1))];
        int[] negatives = [.. targets.SelectMany(target => Enumerable.Range(1, TinyModels.Items).Where(item => item != target))];
        float[] weights = [.. targets.Select(_ => (float)random.NextDouble())], values = [.. Enumerable.Range(0, Tokens * dim).Select(_ => (float)(random.NextDouble() - 0.5))];
        var (fullLoss, fullStates, fullTable) = Run((tape, batch) => FullSoftmaxOperation.Apply(tape, table, batch, 0.1f, normalize, 1e-6f));
        var (loss, states, items) = Run((tape, batch) => SampledLossOperation.Apply(
            tape, table, batch, negatives, new SampledLoss { Kind = LossKind.SampledSoftmax, Temperature = 0.1f, NormalizeItems = normalize, Epsilon = 1e-6f }));
        Assert.Equal(loss, fullLoss, 1e-6);
        Agreement.Check("gradient of the states", states, fullStates);
        Agreement.Check("gradient of the table", items, fullTable);

        (double Loss, float[] States, float[] Table) Run(LossOfBatch compute)
        {
            using var tape = new Tape(WorkerPool.Shared, differentiate: true);
            tape.Begin();
            Matrix x = tape.Allocate(Tokens, dim);
            new Span<float>(x.Data, (int)x.Size).Clear();
            GoldenModel.Copy(values, x);
            double result = compute(tape, new NextItemBatch { States = x, Targets = targets, Weights = weights });
            tape.Backward();
            var gradient = new float[Tokens * dim];
            for (int t = 0; t < Tokens; t++) x.GradientRow(t).CopyTo(gradient.AsSpan(t * dim));
            float[] tableGradient = GoldenModel.Gradient(table);
            table.ClearGradient();
            return (result, gradient, tableGradient);
        }
    }

    // Long histories and thousands of tokens: the sums that threads share are cut into pieces, and every piece must arrive once.
    [Theory]
    [InlineData("hstu")]
    [InlineData("hstu_concat")]
    [InlineData("hstu_softmax")]
    [InlineData("sasrec_gelu")]
    [InlineData("fuxi_alpha")]
    [InlineData("fuxi_beta")]
    [InlineData("ligr")]
    [InlineData("sasrec_rated")]
    [InlineData("hstu_combined")]
    public void The_gradient_of_a_batch_is_the_sum_over_its_users(string name)
    {
        ModelConfig small = TinyModels.Config(name);
        using var model = new RecommenderModel(
            small with
            {
                EmbeddingDim = 50,
                MaxSequenceLength = 200,
                Hstu = small.Hstu with { QueryKeyDim = 25, ValueDim = 25 },
                SasRec = small.SasRec with { FeedForwardDim = 50 },
                FuXi = small.FuXi with { QueryKeyDim = 25, ValueDim = 25, FeedForwardMultiplier = 1 },
                Ligr = small.Ligr with { FeedForwardDim = 50 },
            },
            TinyModels.Items);
        var random = new Random(3);
        foreach (Parameter parameter in model.Parameters)
            for (int row = 0; row < parameter.Value.Rows; row++)
                foreach (ref float weight in parameter.Value[row]) weight = (float)(random.NextDouble() - 0.5) * 0.4f;
        History[] histories = TinyModels.Histories(4, [200, 1, .. Enumerable.Range(0, 38).Select(_ => random.Next(1, 201))]);
        float[][] together = Gradients(histories), sums = [.. together.Select(gradient => new float[gradient.Length])];
        foreach (History history in histories)
        {
            float[][] alone = Gradients(history);
            for (int p = 0; p < sums.Length; p++)
                for (int i = 0; i < sums[p].Length; i++) sums[p][i] += alone[p][i];
        }
        for (int p = 0; p < sums.Length; p++) Agreement.Check(model.Parameters[p].Name, sums[p], together[p]);

        // The scalar is a weighted sum of the states, with weights that follow the items.
        float[][] Gradients(params History[] users)
        {
            using var tape = new Tape(WorkerPool.Shared, differentiate: true);
            using var batch = new SequenceBatch();
            TinyModels.Fill(batch, users);
            tape.Begin();
            Matrix states = model.Encode(tape, batch);
            for (int t = 0; t < states.Rows; t++)
                for (int c = 0; c < states.Columns; c++) states.GradientRow(t)[c] = MathF.Sin(batch.Items[t] * 7 + c + 0.1f * batch.Targets[t]);
            tape.Backward();
            float[][] gradients = [.. model.Parameters.Select(GoldenModel.Gradient)];
            foreach (Parameter parameter in model.Parameters) parameter.ClearGradient();
            return gradients;
        }
    }

    private delegate double LossOfBatch(Tape tape, NextItemBatch batch);
}
