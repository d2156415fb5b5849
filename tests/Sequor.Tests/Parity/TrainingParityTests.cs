using System.Text.Json;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Training;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Three steps of the reference's trainer with its batches and its negatives.</summary>
public class TrainingParityTests
{
    public static TheoryData<string> Cases => GoldenCase.Of("train_hstu_", "train_sasrec_");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Losses_gradients_and_parameters_of_three_steps_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        using RecommenderModel model = Model(golden);
        GoldenModel.CopyWeights(golden, "w0.", model);
        using var workers = new WorkerPool(2);
        using var tape = new Tape(workers, differentiate: true);
        using var batch = new SequenceBatch();
        using var optimizer = new AdamWOptimizer(
            model.Parameters,
            new TrainingConfig { LearningRate = golden.Double("lr"), WeightDecay = golden.Double("weight_decay"), WarmupSteps = golden.Int("num_warmup_steps") },
            workers);
        float[] losses = golden.Floats("out.losses");
        for (int step = 1; step <= losses.Length; step++)
        {
            Fill(batch, golden, step);
            tape.Begin(seed: 1, step);
            Matrix states = model.Encode(tape, batch);
            var tokens = new NextItemBatch { States = states, Targets = batch.Targets };
            int[] negatives = golden.Ints($"mid.step{step}.sampled_ids");
            double loss = model.Mixture is null ? SampledLossOperation.Apply(tape, model.Items, tokens, negatives, new SampledLoss
            {
                Kind = LossKind.SampledSoftmax,
                Temperature = (float)golden.Double("temperature"),
                NormalizeItems = golden.Flag("l2_norm"),
                Epsilon = (float)golden.Double("l2_norm_eps"),
            }) : MixtureLoss(golden, tape, model, batch, tokens, negatives);
            Agreement.Check($"loss of step {step}", losses.AsSpan(step - 1, 1), [(float)loss]);
            tape.Backward();
            foreach (Parameter parameter in model.Parameters)
                if (golden.Has($"grad{step}.{parameter.Name}"))
                    Agreement.Check($"grad{step}.{parameter.Name}", golden.Floats($"grad{step}.{parameter.Name}"), GoldenModel.Gradient(parameter), Tolerance(parameter));
            optimizer.Step();
            foreach (Parameter parameter in model.Parameters)
                if (golden.Has($"w{step}.{parameter.Name}"))
                    CompareWeights(golden, $"w{step}.", parameter, reach: 1.01f * step * (float)golden.Double("lr"));
        }
        Assert.Equal(
            golden.ArrayNames.Where(array => array.StartsWith("grad1.", StringComparison.Ordinal)).Order(),
            model.Parameters.Select(parameter => "grad1." + parameter.Name).Order());
    }

    // At a temperature of .05 the gate's gradients are small differences of logits of up to 20, in float32 on both sides: the order of their sums
    // alone, another at each register width, moves them by 1.4e-5 here.
    private static double Tolerance(Parameter parameter) =>
        parameter.Name.Contains("_gating_fn", StringComparison.Ordinal) ? 2 * Agreement.Tolerance : Agreement.Tolerance;

    private static unsafe double MixtureLoss(GoldenCase golden, Tape tape, RecommenderModel model, SequenceBatch batch, in NextItemBatch tokens, int[] negatives)
    {
        int samples = golden.Int("num_negatives") + 1;
        int* ids = SampledLossOperation.AllocateIds(tape, batch.TokenCount, samples);
        for (int t = 0; t < batch.TokenCount; t++)
        {
            ids[t * samples] = batch.Targets[t];
            negatives.AsSpan(t * (samples - 1), samples - 1).CopyTo(new Span<int>(ids + t * samples + 1, samples - 1));
        }
        var config = new LossConfig { Temperature = golden.Double("temperature"), BalanceWeight = golden.Hyper.GetProperty("loss_weights").GetProperty("mi_loss").GetDouble() };
        return new MixtureItemLoss(config, model.ItemCount).Compute(tape, model, batch, tokens, ids, samples);
    }

    // A bias of all keys shifts a row of scores by one number, which the softmax ignores: its gradient is 0, float rounding leaves about
    // 1e-10, and Adam makes a full step of that, in a direction of chance. It may stray as far as steps reach; all else agrees.
    private static void CompareWeights(GoldenCase golden, string prefix, Parameter parameter, float reach)
    {
        float[] expected = golden.Floats(prefix + parameter.Name), actual = GoldenModel.Values(parameter.Value);
        if (parameter.Name.EndsWith("in_proj_bias", StringComparison.Ordinal))
        {
            int dim = expected.Length / 3;
            float[] start = golden.Floats("w0." + parameter.Name);
            for (int c = dim; c < 2 * dim; c++)
            {
                Assert.InRange(actual[c], start[c] - reach, start[c] + reach);
                actual[c] = expected[c];
            }
        }
        Agreement.Check(prefix + parameter.Name, expected, actual);
    }

    private static RecommenderModel Model(GoldenCase golden)
    {
        int window = golden.Shape("w0._input_features_preproc._pos_emb.weight")[0], length = golden.Shape("in.step1.historical_ids")[1];
        int items = golden.Shape("w0._embedding_module._item_emb.weight")[0] - 1;
        bool hstu = golden.Text("model") == "HSTU";
        return new RecommenderModel(
            new ModelConfig
            {
                Encoder = hstu ? EncoderKind.Hstu : EncoderKind.SasRec,
                EmbeddingDim = golden.Int("embedding_dim"),
                MaxSequenceLength = length,
                OutputLength = window - length - 1,
                DropoutRate = 0,
                ItemL2Norm = golden.Flag("l2_norm"),
                L2NormEpsilon = golden.Double("l2_norm_eps"),
                Similarity = golden.Hyper.TryGetProperty("mol", out JsonElement mol) ? SimilarityKind.MixtureOfLogits : SimilarityKind.DotProduct,
                Mixture = mol.ValueKind == JsonValueKind.Object ? GoldenMixture.Config(golden, mol) : new(),
                Hstu = hstu ? new HstuConfig { BlockCount = golden.Int("num_blocks"), HeadCount = golden.Int("num_heads"), QueryKeyDim = golden.Int("dqk"), ValueDim = golden.Int("dv") } : new(),
                SasRec = hstu ? new() : new SasRecConfig { BlockCount = golden.Int("num_blocks"), HeadCount = golden.Int("num_heads"), FeedForwardDim = golden.Int("ffn_hidden_dim"), DropoutRate = 0 },
            },
            items);
    }

    private static void Fill(SequenceBatch batch, GoldenCase golden, int step)
    {
        string prefix = $"in.step{step}.";
        int[] lengths = golden.Ints(prefix + "history_lengths"), ids = golden.Ints(prefix + "historical_ids"), targets = golden.Ints(prefix + "target_ids");
        long[] times = golden.Longs(prefix + "historical_timestamps"), targetTimes = golden.Longs(prefix + "target_timestamps");
        int width = golden.Shape(prefix + "historical_ids")[1];
        batch.Clear();
        for (int b = 0; b < lengths.Length; b++) GoldenModel.Add(batch, b, width, lengths[b], ids, times, targets[b], targetTimes[b]);
    }
}
