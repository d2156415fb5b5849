using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Losses with the reference's own negatives.</summary>
public class LossParityTests
{
    public static TheoryData<string> Cases => GoldenCase.Of("loss_ssl_local_l2", "loss_ssl_local_nol2", "loss_ssl_inbatch", "loss_bce_local");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public unsafe void Losses_and_their_gradients_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] shape = golden.Shape("in.output_embeddings"), lengths = golden.Ints("in.past_lengths"), ids = golden.Ints("in.past_ids");
        int width = shape[1], dim = shape[2], tokens = lengths.Sum();
        float[] embeddings = golden.Floats("in.output_embeddings"), weights = golden.Floats("in.supervision_weights");
        using var table = new Parameter("table", golden.Shape("w._item_emb.weight"), isTable: true);
        GoldenModel.Copy(golden.Floats("w._item_emb.weight"), table.Value);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix states = tape.Allocate(tokens, dim);
        new Span<float>(states.Data, (int)states.Size).Clear();
        int[] targets = new int[tokens], places = new int[tokens];
        float[] tokenWeights = new float[tokens];
        for (int b = 0, t = 0; b < lengths.Length; b++)
            for (int i = 0; i < lengths[b]; i++, t++)
            {
                places[t] = b * width + i;
                targets[t] = ids[places[t] + 1];
                tokenWeights[t] = weights[b * (width - 1) + i];
                embeddings.AsSpan(places[t] * dim, dim).CopyTo(states[t]);
            }
        double loss = SampledLossOperation.Apply(
            tape, table, new NextItemBatch { States = states, Targets = targets, Weights = tokenWeights }, golden.Ints("mid.sampled_ids"), new SampledLoss
            {
                Kind = golden.Text("loss") == "bce" ? LossKind.BinaryCrossEntropy : LossKind.SampledSoftmax,
                Temperature = (float)golden.Double("temperature"),
                NormalizeItems = golden.Flag("l2_norm"),
                Epsilon = (float)golden.Double("l2_norm_eps"),
                // The reference's BCE takes the positive as it is and the negative as its sampler left it: normalised.
                RawPositive = golden.Text("loss") == "bce",
            });
        tape.Backward();

        var gradient = new float[embeddings.Length];
        for (int t = 0; t < tokens; t++) states.GradientRow(t).CopyTo(gradient.AsSpan(places[t] * dim));
        Agreement.Check("out.loss", golden.Floats("out.loss"), [(float)loss]);
        Agreement.Check("grad.output_embeddings", golden.Floats("grad.output_embeddings"), gradient);
        Agreement.Check("grad._item_emb.weight", golden.Floats("grad._item_emb.weight"), GoldenModel.Gradient(table));
    }
}
