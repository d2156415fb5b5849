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
    public void Losses_and_their_gradients_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        using var tokens = new GoldenTokens(golden);
        bool rated = golden.Text("loss") == "bce_ratings";
        double loss = SampledLossOperation.Apply(
            tokens.Tape,
            tokens.Table,
            new NextItemBatch { States = tokens.States, Targets = tokens.Targets, Weights = tokens.Weights, Labels = tokens.Labels },
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
        tokens.Tape.Backward();
        Agreement.Check("out.loss", golden.Floats("out.loss"), [(float)loss]);
        Agreement.Check("grad.output_embeddings", golden.Floats("grad.output_embeddings"), tokens.StateGradient());
        Agreement.Check("grad._item_emb.weight", golden.Floats("grad._item_emb.weight"), GoldenModel.Gradient(tokens.Table));
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
