using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Losses;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;
using Xunit;

namespace Sequor.Tests.Parity;

/// <summary>Scores, auxiliary losses and gradients of the mixture of logits, and losses over it.</summary>
public unsafe class MixtureParityTests
{
    private const int Lanes = Simd.RowAlignment;

    public static TheoryData<string> Cases => GoldenCase.Of("mol_");

    public static TheoryData<string> LossCases => GoldenCase.Of("loss_ssl_local_mol");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Scores_components_and_gradients_equal_those_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        int[] queryShape = golden.Shape("in.query"), itemShape = golden.Shape("in.items");
        int queryCount = queryShape[0], itemCount = itemShape[1];
        bool shared = itemShape[0] == 1, trains = golden.Has("out.mi_loss");
        var mixture = new MixtureOfLogits(GoldenMixture.Config(golden, golden.Hyper), queryShape[1], itemShape[2]);
        GoldenMixture.CopyWeights(golden, "w.", mixture);
        using var tape = new Tape(WorkerPool.Shared, differentiate: true);
        tape.Begin();
        Matrix states = Input(tape, golden.Floats("in.query"), queryCount, queryShape[1]);
        Matrix items = Input(tape, golden.Floats("in.items"), itemShape[0] * itemCount, itemShape[2]);
        float auxiliary = trains ? 0.7f : 0f;
        Matrix itemRows = mixture.Items(tape, items);
        Matrix queries = mixture.Queries(tape, states, mixture.KnowsUsers ? golden.Longs("in.user_ids") : [], auxiliary, recompute: false, out double userNorm);
        CheckComponents(golden, "mid.query_components", queries, mixture.Layout.QueryGroups, mixture.Layout, (float)golden.Double("temperature"));
        CheckComponents(golden, "mid.item_components", itemRows, mixture.Layout.ItemGroups, mixture.Layout, 1f);

        var pairs = new Pairs(mixture, queries, itemRows);
        int Item(int q, int i) => shared ? i : q * itemCount + i;
        float[] scores = new float[queryCount * itemCount], cotangent = golden.Floats("in.cotangent"), sums = new float[mixture.Layout.Logits];
        double entropy = 0;
        for (int pair = 0; pair < scores.Length; pair++)
        {
            scores[pair] = pairs.Score(pair / itemCount, Item(pair / itemCount, pair % itemCount));
            for (int p = 0; p < sums.Length; p++)
            {
                sums[p] += pairs.Weight(p) / scores.Length;
                entropy -= pairs.Weight(p) * Math.Log(pairs.Weight(p) + 1e-6) / scores.Length;
            }
        }
        Agreement.Check("out.scores", golden.Floats("out.scores"), scores);
        if (trains)
        {
            double balance = entropy;
            foreach (float mean in sums) balance += mean * Math.Log(mean + 1e-6);
            Agreement.Check("out.mi_loss", golden.Floats("out.mi_loss"), [(float)balance]);
        }
        if (golden.Has("out.uid_embedding_l2_norm")) Agreement.Check("out.uid_embedding_l2_norm", golden.Floats("out.uid_embedding_l2_norm"), [(float)userNorm]);

        pairs.BeginGradients(tape);
        for (int pair = 0; pair < scores.Length; pair++)
            pairs.Backward(pair / itemCount, Item(pair / itemCount, pair % itemCount), cotangent[pair], auxiliary / scores.Length, sums);
        pairs.AddPartial();
        tape.Backward();
        GoldenMixture.CheckGradients(golden, "grad.", mixture);
        Agreement.Check("grad.query", golden.Floats("grad.query"), Gradient(states));
        Agreement.Check("grad.items", golden.Floats("grad.items"), Gradient(items));
        foreach (Parameter parameter in mixture.Parameters) parameter.Dispose();
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(LossCases))]
    public void The_sampled_softmax_over_a_mixture_equals_that_of_the_reference(string name)
    {
        var golden = GoldenCase.Load(name);
        using var tokens = new GoldenTokens(golden);
        var mixture = new MixtureOfLogits(GoldenMixture.Config(golden, golden.Hyper.GetProperty("mol")), tokens.Table.Value.Columns, tokens.Table.Value.Columns);
        GoldenMixture.CopyWeights(golden, "w.sim.", mixture);
        int negatives = golden.Int("num_negatives"), samples = negatives + 1;
        int* ids = SampledLossOperation.AllocateIds(tokens.Tape, tokens.Targets.Length, samples);
        int[] drawn = golden.Ints("mid.sampled_ids");
        for (int t = 0; t < tokens.Targets.Length; t++)
        {
            ids[t * samples] = tokens.Targets[t];
            drawn.AsSpan(t * negatives, negatives).CopyTo(new Span<int>(ids + t * samples + 1, negatives));
        }
        int* distinct = SampledLossOperation.AllocateIds(tokens.Tape, tokens.Targets.Length, samples);
        int count = new DistinctItems(tokens.Table.Value.Rows - 1).Number(ids, tokens.Targets.Length * samples, distinct);
        Matrix itemRows = mixture.Items(
            tokens.Tape, ItemRowsOperation.Apply(tokens.Tape, tokens.Table, distinct, count, golden.Flag("l2_norm"), (float)golden.Double("l2_norm_eps")));
        Matrix queries = mixture.Queries(tokens.Tape, tokens.States, [], 0, recompute: true, out _);
        var batch = new NextItemBatch { States = tokens.States, Targets = tokens.Targets, Weights = tokens.Weights };
        // The weight of the load-balancing loss is so small that the gradients, which the case has without, cannot tell.
        double loss = MixtureLossOperation.Apply(
            tokens.Tape, mixture, queries, itemRows, batch, MixtureSamples.Named(ids, samples), new MixtureLoss(LossKind.SampledSoftmax, (float)golden.Double("temperature"), 1e-30f), out double balance);
        tokens.Tape.Backward();
        Agreement.Check("out.loss", golden.Floats("out.loss"), [(float)loss]);
        Agreement.Check("out.mi_loss", golden.Floats("out.mi_loss"), [(float)balance]);
        Agreement.Check("grad.output_embeddings", golden.Floats("grad.output_embeddings"), tokens.StateGradient());
        Agreement.Check("grad._item_emb.weight", golden.Floats("grad._item_emb.weight"), GoldenModel.Gradient(tokens.Table));
        GoldenMixture.CheckGradients(golden, "grad.sim.", mixture);
        foreach (Parameter parameter in mixture.Parameters) parameter.Dispose();
    }

    private static Matrix Input(Tape tape, ReadOnlySpan<float> values, int rows, int columns)
    {
        Matrix matrix = tape.Allocate(rows, columns);
        new Span<float>(matrix.Data, (int)matrix.Size).Clear();
        GoldenModel.Copy(values, matrix);
        return matrix;
    }

    private static float[] Gradient(Matrix matrix)
    {
        var values = new float[matrix.Rows * matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++) matrix.GradientRow(row).CopyTo(values.AsSpan(row * matrix.Columns));
        return values;
    }

    private static void CheckComponents(GoldenCase golden, string name, Matrix rows, int groups, MixtureLayout layout, float scale)
    {
        float[] actual = new float[rows.Rows * groups * layout.Dim];
        for (int at = 0; at < actual.Length; at++)
            actual[at] = scale * rows.Row(at / (groups * layout.Dim))[at / layout.Dim % groups * layout.Stride + at % layout.Dim];
        Agreement.Check(name, golden.Floats(name), actual);
    }

    /// <summary>Pairs one by one, each in the first lane of a tile, and the gradients of both sides by plain loops.</summary>
    private sealed class Pairs(MixtureOfLogits mixture, Matrix queries, Matrix items)
    {
        private readonly MixtureGate _gate = mixture.Gate;
        private readonly float[] _block = new float[items.Stride * Lanes], _tile = new float[MixtureTile.Size(mixture.Gate, Lanes) + Lanes];
        private readonly float[] _partial = new float[MixturePartial.Size(mixture.Gate)], _weights = new float[mixture.Layout.Logits];

        internal float Score(int query, int item)
        {
            fixed (float* block = _block, memory = _tile)
            {
                MixtureTile tile = Fill(query, item, block, memory);
                for (int p = 0; p < _weights.Length; p++) _weights[p] = tile.Weights[p * Lanes];
                return tile.Scores[0];
            }
        }

        internal float Weight(int logit) => _weights[logit];

        internal void BeginGradients(Tape tape)
        {
            foreach (Matrix side in (ReadOnlySpan<Matrix>)[queries, items])
            {
                tape.BeginGradient(side);
                new Span<float>(side.Gradient, (int)side.Size).Clear();
            }
        }

        internal void Backward(int query, int item, float cotangent, float balance, ReadOnlySpan<float> means)
        {
            MixtureLayout layout = mixture.Layout;
            float[] first = new float[layout.Logits], scores = new float[Lanes], work = new float[Work() + Lanes];
            scores[0] = cotangent;
            fixed (float* block = _block, memory = _tile, firstWeights = first, score = scores, scratch = work, partial = _partial)
            {
                MixtureTile tile = Fill(query, item, block, memory);
                for (int p = 0; p < first.Length; p++) first[p] = balance * (Slope(means[p]) - Slope(tile.Weights[p * Lanes]));
                float* dLogits, dGates;
                if (Simd.Width == 16) MixtureGradient<Vector512<float>, Simd512>.Backward(_gate, tile, default, score, firstWeights, partial, scratch, out dLogits, out dGates);
                else if (Simd.Width == 8) MixtureGradient<Vector256<float>, Simd256>.Backward(_gate, tile, default, score, firstWeights, partial, scratch, out dLogits, out dGates);
                else MixtureGradient<Vector128<float>, Simd128>.Backward(_gate, tile, default, score, firstWeights, partial, scratch, out dLogits, out dGates);
                float* f = queries.Row(query), g = items.Row(item), df = queries.RowGradient(query), dg = items.RowGradient(item);
                for (int p = 0; p < layout.Logits; p++)
                {
                    int q = p / layout.ItemGroups * layout.Stride, x = p % layout.ItemGroups * layout.Stride;
                    for (int c = 0; c < layout.Dim; c++)
                    {
                        df[q + c] += dLogits[p * Lanes] * g[x + c];
                        dg[x + c] += dLogits[p * Lanes] * f[q + c];
                    }
                    bool sum = _gate.Combination == GatingCombination.Sum;
                    df[layout.QueryGate + p] += dGates[p * Lanes] * (sum ? 1 : g[layout.ItemGate + p]);
                    dg[layout.ItemGate + p] += dGates[p * Lanes] * (sum ? 1 : f[layout.QueryGate + p]);
                }
            }
        }

        internal void AddPartial()
        {
            fixed (float* partial = _partial) new MixturePartial(partial, _gate).AddTo(_gate);
        }

        private static float Slope(float weight) => MathF.Log(weight + 1e-6f) + weight / (weight + 1e-6f);

        private long Work() => MixtureGradient<Vector512<float>, Simd512>.Size(_gate, Lanes);

        private MixtureTile Fill(int query, int item, float* block, float* memory)
        {
            for (int c = 0; c < items.Stride; c++) block[c * Lanes] = items.Row(item)[c];
            var tile = new MixtureTile(memory, _gate, Lanes, differentiates: true, dropsLogits: false, dropsWeights: false);
            if (Simd.Width == 16) MixtureKernel<Vector512<float>, Simd512>.Forward(_gate, queries.Row(query), block, tile);
            else if (Simd.Width == 8) MixtureKernel<Vector256<float>, Simd256>.Forward(_gate, queries.Row(query), block, tile);
            else MixtureKernel<Vector128<float>, Simd128>.Forward(_gate, queries.Row(query), block, tile);
            return tile;
        }
    }
}
