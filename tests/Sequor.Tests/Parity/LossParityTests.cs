using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Losses with the reference's own negatives.</summary>
public class LossParityTests
{
    public static TheoryData<string> Cases => GoldenCase.Of("loss_ssl_local_l2", "loss_ssl_local_nol2", "loss_ssl_inbatch", "loss_bce");

    public static TheoryData<string> InBatchCases => GoldenCase.Of("loss_ssl_inbatch");

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
        bool rated = golden.Text("loss") == "bce_ratings";
        float[] ratings = rated ? golden.Floats("in.supervision_ratings") : [], labels = new float[rated ? tokens : 0];
        float[] tokenWeights = new float[tokens];
        for (int b = 0, t = 0; b < lengths.Length; b++)
            for (int i = 0; i < lengths[b]; i++, t++)
            {
                places[t] = b * width + i;
                targets[t] = ids[places[t] + 1];
                tokenWeights[t] = weights[b * (width - 1) + i];
                if (rated) labels[t] = ratings[b * (width - 1) + i];
                embeddings.AsSpan(places[t] * dim, dim).CopyTo(states[t]);
            }
        double loss = SampledLossOperation.Apply(
            tape,
            table,
            new NextItemBatch { States = states, Targets = targets, Weights = tokenWeights, Labels = labels },
            rated ? [] : golden.Ints("mid.sampled_ids"),
            new SampledLoss
            {
                Kind = golden.Text("loss") switch
                {
                    "bce" => LossKind.BinaryCrossEntropy,
                    "bce_ratings" => LossKind.BinaryCrossEntropyWithRatings,
                    _ => LossKind.SampledSoftmax,
                },
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

    // The reference's order of distinct ids is that of a hash.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(InBatchCases))]
    public unsafe void In_batch_negatives_come_from_the_ids_that_the_reference_draws_from(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] lengths = golden.Ints("in.past_lengths"), ids = golden.Ints("in.past_ids");
        int width = golden.Shape("in.past_ids")[1], negatives = golden.Int("num_negatives");
        using var batch = new SequenceBatch();
        batch.Clear();
        for (int b = 0; b < lengths.Length; b++) GoldenModel.Add(batch, b, width, lengths[b], ids, null, ids[b * width + lengths[b]], null);
        var sampler = new NegativeSampler(new LossConfig { InBatchDedup = golden.Text("sampler").EndsWith("dedup", StringComparison.Ordinal) }, golden.Int("num_items"), seed: 1);
        int[] drawn = new int[batch.TokenCount * (negatives + 1)];
        fixed (int* first = drawn) sampler.Sample(WorkerPool.Shared, step: 0, batch, first, negatives + 1);
        Assert.Equal(golden.Ints("mid.cached_ids").Order(), sampler.Pool.ToArray().Order());
    }
}
