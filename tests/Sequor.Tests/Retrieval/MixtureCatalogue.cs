using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Similarities;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

/// <summary>A random model with a mixture, query rows for it, and the naive twin of its score.</summary>
internal sealed class MixtureCatalogue : IDisposable
{
    private readonly Tape _tape = new(WorkerPool.Shared, differentiate: false);

    internal MixtureCatalogue(MixtureOfLogitsConfig config, int itemCount, int users, int seed = 1, int dim = 6)
    {
        var random = new Random(seed);
        Config = config;
        Model = new RecommenderModel(
            new ModelConfig { EmbeddingDim = dim, MaxSequenceLength = 8, ItemL2Norm = seed % 2 == 0, Similarity = SimilarityKind.MixtureOfLogits, Mixture = config }, itemCount);
        foreach (Parameter parameter in Model.Parameters)
            for (int row = 0; row < parameter.Value.Rows; row++)
                foreach (ref float weight in parameter.Value[row]) weight = random.NextSingle() - 0.5f;
        // Every seventh item is the twin of another: their scores are equal.
        for (int item = 7; item <= itemCount; item += 7) Model.Items.Value[random.Next(1, itemCount + 1)].CopyTo(Model.Items.Value[item]);
        _tape.Begin();
        Matrix states = _tape.Allocate(users, dim);
        for (int u = 0; u < users; u++) foreach (ref float x in states[u]) x = random.NextSingle() - 0.5f;
        Queries = Model.Queries(_tape, states, [.. Enumerable.Range(0, users).Select(u => (long)u)]);
    }

    /// <summary>Shapes and settings that take every branch of the kernels.</summary>
    internal static MixtureOfLogitsConfig[] Configs { get; } =
    [
        new() { ComponentDim = 5, QueryGroupCount = 3, ItemGroupCount = 2, PairGateHiddenDim = 7, QueryHiddenDim = 4, QueryGateHiddenDim = 3, ItemGateHiddenDim = 3 },
        new() { ComponentDim = 16, QueryGroupCount = 2, ItemGroupCount = 4, PairGateHiddenDim = 0, ComponentL2Norm = false, Temperature = 1, QueryHiddenDim = 0, ItemGateHiddenDim = 0 },
        new() { ComponentDim = 3, QueryGroupCount = 4, ItemGroupCount = 5, PairGate = false, Temperature = 0.1, Combination = GatingCombination.GluSiluLayerNorm, QueryHiddenDim = 4 },
        new() { ComponentDim = 8, QueryGroupCount = 1, ItemGroupCount = 1, PairGateHiddenDim = 4, QueryGate = false, Combination = GatingCombination.Sum, QueryHiddenDim = 4 },
        new() { ComponentDim = 4, QueryGroupCount = 3, ItemGroupCount = 3, ItemGate = false, Combination = GatingCombination.Sum, ComponentL2Norm = false, UserHashSizes = [5], QueryHiddenDim = 4 },
    ];

    internal MixtureOfLogitsConfig Config { get; }

    internal RecommenderModel Model { get; }

    internal Matrix Queries { get; }

    internal int ItemCount => Model.ItemCount;

    /// <summary>The rows of some queries, and copies of the lists of what is excluded for them.</summary>
    internal (Matrix Queries, ExcludedItems Excluded) Only(ExcludedItems excluded, params int[] users)
    {
        Matrix queries = _tape.Allocate(users.Length, Queries.Columns);
        var lists = new ExcludedItems();
        for (int i = 0; i < users.Length; i++)
        {
            Queries[users[i]].CopyTo(queries[i]);
            lists.Add(excluded[users[i]]);
        }
        return (queries, lists);
    }

    internal ExcludedItems Excluded(int most, int seed = 3)
    {
        var random = new Random(seed);
        var excluded = new ExcludedItems();
        for (int u = 0; u < Queries.Rows; u++) excluded.Add([.. Enumerable.Range(0, random.Next(0, most + 1)).Select(_ => random.Next(1, ItemCount + 1))]);
        return excluded;
    }

    internal static (int[] Items, float[] Scores) Search(ITopKIndex index, Matrix queries, ExcludedItems excluded, int k)
    {
        int[] items = new int[queries.Rows * k];
        float[] scores = new float[queries.Rows * k];
        index.Search(queries, excluded, k, items, scores);
        return (items, scores);
    }

    internal static void AssertSame((int[] Items, float[] Scores) expected, (int[] Items, float[] Scores) actual)
    {
        Assert.Equal(expected.Items, actual.Items);
        Assert.Equal(expected.Scores, actual.Scores);
    }

    /// <summary>φ of all pairs (users × items) by plain loops in double.</summary>
    internal double[][] Scores()
    {
        MixtureOfLogits mixture = Model.Mixture!;
        var rows = new float[ItemCount][];
        new MixtureItems(Model).ForEachChunk(WorkerPool.Shared, (first, chunk) =>
        {
            for (int i = 0; i < chunk.Rows; i++) rows[first + i] = chunk[i].ToArray();
        });
        return [.. Enumerable.Range(0, Queries.Rows).Select(u => rows.Select(row => Score(mixture, Queries[u], row)).ToArray())];
    }

    public void Dispose()
    {
        _tape.Dispose();
        Model.Dispose();
    }

    private double Score(MixtureOfLogits mixture, ReadOnlySpan<float> query, ReadOnlySpan<float> item)
    {
        MixtureLayout layout = mixture.Layout;
        double[] s = new double[layout.Logits], z = new double[layout.Logits];
        for (int p = 0; p < s.Length; p++)
            for (int c = 0; c < layout.Dim; c++) s[p] += (double)query[p / layout.ItemGroups * layout.Stride + c] * item[p % layout.ItemGroups * layout.Stride + c];
        MixtureGate gate = mixture.Gate;
        double[] input = s;
        if (gate.Hidden is { } hidden)
        {
            input = new double[hidden.Rows];
            for (int h = 0; h < input.Length; h++)
            {
                for (int p = 0; p < s.Length; p++) input[h] += hidden[h][p] * s[p];
                input[h] += gate.HiddenBiases!.Value[0][h];
                input[h] *= Sigmoid(input[h]);
            }
        }
        for (int p = 0; p < z.Length; p++)
        {
            if (gate.Output is { } output)
            {
                for (int h = 0; h < input.Length; h++) z[p] += output[p][h] * input[h];
                z[p] += gate.OutputBiases!.Value[0][p];
            }
            double q = query[layout.QueryGate + p], x = item[layout.ItemGate + p];
            z[p] += Config.Combination == GatingCombination.Sum ? q + x : q * x;
        }
        double mean = z.Average(), deviation = Math.Sqrt(z.Average(value => (value - mean) * (value - mean)) + 1e-5);
        double[] weights = [.. z.Select(value => Math.Exp(Config.Combination switch
        {
            GatingCombination.Sum => value,
            GatingCombination.GluSilu => value * Sigmoid(value),
            _ => value * Sigmoid((value - mean) / deviation),
        }))];
        double total = weights.Sum();
        return weights.Zip(s, (weight, logit) => weight / total * logit).Sum();
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
