using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Modeling.InputPreprocessors;
using Sequor.Modeling.ItemEmbeddings;
using Sequor.Modeling.Similarities;
using Xunit;

namespace Sequor.Tests.Properties;

/// <summary>Small models of every encoder and made-up histories for them.</summary>
internal static class TinyModels
{
    internal const int Items = 25;

    internal static TheoryData<string> Names => ["hstu", "hstu_length", "hstu_concat", "hstu_softmax", "sasrec", "sasrec_gelu", "fuxi_alpha", "fuxi_beta", "ligr", "mol", "mol_ln", "mol_sum", "hstu_checkpoint", "hstu_features", "hstu_categorical", .. Rated];

    internal static TheoryData<string> Rated => ["hstu_rated", "hstu_combined", "sasrec_rated", "sasrec_combined"];

    internal static ModelConfig Config(string name, double dropout = 0)
    {
        var hstu = new HstuConfig { BlockCount = 2, HeadCount = 2, QueryKeyDim = 3, ValueDim = 5, LinearDropoutRate = dropout, AttentionDropoutRate = dropout };
        var sasrec = new SasRecConfig { BlockCount = 2, HeadCount = 2, FeedForwardDim = 7, DropoutRate = dropout };
        var common = new ModelConfig { EmbeddingDim = 6, MaxSequenceLength = 40, OutputLength = 2, DropoutRate = dropout, ItemL2Norm = true, Encoder = EncoderKind.Hstu };
        var mixture = new MixtureOfLogitsConfig
        {
            ComponentDim = 5, QueryGroupCount = 3, ItemGroupCount = 2, Temperature = 0.5, QueryHiddenDim = 7, QueryGateHiddenDim = 4, ItemGateHiddenDim = 6, PairGateHiddenDim = 9,
            UserHashSizes = [7], QueryDropoutRate = dropout, ItemDropoutRate = dropout, ItemGateDropoutRate = dropout, PairGateDropoutRate = dropout, SoftmaxDropoutRate = dropout, UserDropoutRate = dropout,
        };
        var fuxi = new FuXiConfig { BlockCount = 2, HeadCount = 2, QueryKeyDim = 3, ValueDim = 5, LinearDropoutRate = dropout, FeedForwardMultiplier = 2 };
        var ligr = new LigrConfig { BlockCount = 2, HeadCount = 2, FeedForwardDim = 7, DropoutRate = dropout };
        var ratings = new RatingConfig { RowCount = 11, Scale = 2, EmbeddingDim = 4 };
        return name switch
        {
            "fuxi_alpha" => common with { Encoder = EncoderKind.FuXiAlpha, FuXi = fuxi },
            "fuxi_beta" => common with { Encoder = EncoderKind.FuXiBeta, FuXi = fuxi },
            "ligr" => common with { Encoder = EncoderKind.Ligr, Ligr = ligr, OutputNorm = OutputNorm.LayerNorm },
            "hstu" => common with { Hstu = hstu },
            "hstu_length" => common with { Hstu = hstu with { AttentionNormalizer = AttentionNormalizer.Length, LinearActivation = false } },
            "hstu_concat" => common with { Hstu = hstu with { ConcatUa = true }, OutputNorm = OutputNorm.LayerNorm },
            "hstu_softmax" => common with { Hstu = hstu with { Normalization = HstuNormalization.SoftmaxRelativeBias } },
            "hstu_unmasked" => common with { Hstu = hstu with { Normalization = HstuNormalization.SoftmaxRelativeBiasUnmasked } },
            "hstu_features" => common with { Hstu = hstu, ItemEmbedding = new ItemEmbeddingConfig { Kind = ItemEmbeddingKind.Features, IdDropoutRate = dropout } },
            "hstu_categorical" => common with { Hstu = hstu, ItemEmbedding = new ItemEmbeddingConfig { Kind = ItemEmbeddingKind.Categorical, Category = "year" } },
            "sasrec" => common with { Encoder = EncoderKind.SasRec, SasRec = sasrec },
            "sasrec_gelu" => common with { Encoder = EncoderKind.SasRec, SasRec = sasrec with { Activation = FeedForwardActivation.Gelu }, OutputNorm = OutputNorm.LayerNorm },
            "hstu_checkpoint" => common with { Hstu = hstu, EncoderCheckpoint = true },
            "mol" => common with { Hstu = hstu, Similarity = SimilarityKind.MixtureOfLogits, Mixture = mixture },
            "mol_ln" => common with { Hstu = hstu, Similarity = SimilarityKind.MixtureOfLogits, Mixture = mixture with { Combination = GatingCombination.GluSiluLayerNorm, PairGateHiddenDim = 0, UserLevelDropout = true } },
            "mol_sum" => common with
            {
                Encoder = EncoderKind.SasRec,
                SasRec = sasrec with { Activation = FeedForwardActivation.Gelu },
                Similarity = SimilarityKind.MixtureOfLogits,
                Mixture = mixture with { Combination = GatingCombination.Sum, ItemHiddenDim = 4, ItemActivation = GatedActivation.SwiGlu, ComponentL2Norm = false, ItemGateHiddenDim = 0, UserHashSizes = [], ActivationCheckpoint = true },
            },
            "hstu_rated" => Config("hstu", dropout) with { InputPreprocessor = InputPreprocessorKind.LearnablePositionalEmbeddingRated, Ratings = ratings },
            "hstu_combined" => Config("hstu", dropout) with { InputPreprocessor = InputPreprocessorKind.CombinedItemAndRating, Ratings = ratings },
            "sasrec_rated" => Config("sasrec_gelu", dropout) with { InputPreprocessor = InputPreprocessorKind.LearnablePositionalEmbeddingRated, Ratings = ratings },
            "sasrec_combined" => Config("sasrec_gelu", dropout) with { InputPreprocessor = InputPreprocessorKind.CombinedItemAndRating, Ratings = ratings },
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown model"),
        };
    }

    /// <summary>Every encoder, and HSTU's variants, with every input preprocessor: (name of an architecture, preprocessor).</summary>
    internal static TheoryData<string, InputPreprocessorKind> EncodersAndInputs
    {
        get
        {
            var data = new TheoryData<string, InputPreprocessorKind>();
            foreach (string name in (string[])["hstu", "hstu_length", "hstu_concat", "hstu_softmax", "sasrec", "sasrec_gelu", "ligr", "fuxi_alpha", "fuxi_beta"])
                foreach (InputPreprocessorKind input in Enum.GetValues<InputPreprocessorKind>()) data.Add(name, input);
            return data;
        }
    }

    /// <summary>The architecture of a name with another input preprocessor, for histories of at most <paramref name="longest"/> events.</summary>
    internal static ModelConfig Config(string name, InputPreprocessorKind input, int longest) =>
        Config(name) with { InputPreprocessor = input, Ratings = new RatingConfig { RowCount = 11, Scale = 2, EmbeddingDim = 4 }, MaxSequenceLength = longest };

    /// <summary>A model whose weights are large enough for every term to show.</summary>
    internal static RecommenderModel Build(string name, double dropout = 0, int seed = 5, int longest = 40) =>
        Build(Config(name, dropout) with { MaxSequenceLength = longest }, seed);

    /// <summary>As above, of any architecture.</summary>
    internal static RecommenderModel Build(ModelConfig config, int seed = 5)
    {
        var model = new RecommenderModel(config, Items, Attributes(Items));
        var random = new Random(seed);
        foreach (Parameter parameter in model.Parameters)
            for (int row = 0; row < parameter.Value.Rows; row++)
                foreach (ref float weight in parameter.Value[row]) weight = (float)(random.NextDouble() - 0.5);
        model.RefreshItems();
        return model;
    }

    /// <summary>Genres, none to three an item, and a year for most, never that of the next item.</summary>
    internal static CategoricalAttribute[] Attributes(int itemCount) =>
    [
        CategoricalAttribute.Create("genres", [.. Enumerable.Range(0, itemCount).Select(i => (string[])[.. Enumerable.Range(0, i % 4).Select(g => $"genre {(3 * i + 2 * g) % 5}")])]),
        CategoricalAttribute.Create("year", [.. Enumerable.Range(0, itemCount).Select(i => (string[])(i % 6 == 1 ? [] : [$"{1990 + i % 7}"]))]),
    ];

    internal static History[] Histories(int seed, params int[] lengths)
    {
        Random random = new(seed), stars = new(seed);
        return [.. lengths.Select(length =>
        {
            long time = 1_000_000_000;
            return new History(
                [.. Enumerable.Range(0, length + 1).Select(_ => random.Next(1, Items + 1))],
                [.. Enumerable.Range(0, length + 1).Select(_ => time += random.NextInt64() >> random.Next(30, 64))],
                [.. Enumerable.Range(0, length + 1).Select(_ => 0.5f * stars.Next(0, 11))]);
        })];
    }

    internal static void Fill(SequenceBatch batch, params History[] histories)
    {
        batch.Clear();
        for (int b = 0; b < histories.Length; b++)
        {
            var (items, times, ratings) = histories[b];
            batch.Add(b, new UserSequence(items.AsSpan(..^1), ratings.AsSpan(..^1), times.AsSpan(..^1)), items[^1], times[^1], ratings[^1]);
            batch.Identify(b);
        }
    }

    /// <summary>States of each history, row after row.</summary>
    internal static float[][] Encode(RecommenderModel model, WorkerPool workers, params History[] histories)
    {
        using var batch = new SequenceBatch();
        using var tape = new Tape(workers, differentiate: false);
        Fill(batch, histories);
        tape.Begin();
        Matrix states = model.Encode(tape, batch);
        var all = new float[histories.Length][];
        for (int b = 0; b < all.Length; b++)
        {
            all[b] = new float[batch.Length(b) * states.Columns];
            for (int i = 0; i < batch.Length(b); i++) states[batch.Offsets[b] + i].CopyTo(all[b].AsSpan(i * states.Columns));
        }
        return all;
    }
}

/// <summary>Items, times and ratings (half stars 0 … 5) of a history, the target's at the end.</summary>
internal readonly record struct History(int[] Items, long[] Times, float[] Ratings);
