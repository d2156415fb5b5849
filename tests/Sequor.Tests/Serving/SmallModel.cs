using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;
using Sequor.Serving;

namespace Sequor.Tests.Serving;

/// <summary>A small artefact with drawn weights: 100 items with titles and genres, a window of 20 events.</summary>
internal static class SmallModel
{
    internal const int Items = 100;
    internal const int Length = 20;

    internal static readonly ModelConfig Hstu = new()
    {
        Encoder = EncoderKind.Hstu,
        EmbeddingDim = 12,
        MaxSequenceLength = Length,
        OutputLength = 3,
        Hstu = new HstuConfig { BlockCount = 2, HeadCount = 2, QueryKeyDim = 5, ValueDim = 6 },
    };

    internal static Recommender Load(string directory, ModelConfig? config = null, RecommenderOptions? options = null)
    {
        Write(directory, config ?? Hstu);
        return Recommender.Load(directory, options);
    }

    internal static void Write(string directory, ModelConfig config, ulong seed = 7)
    {
        string[] ids = [.. Enumerable.Range(1, Items).Select(i => $"i{i}")];
        var genres = CategoricalAttribute.Create("genre", [.. Enumerable.Range(1, Items).Select(i => i % 10 == 0 ? (string[])[] : i % 3 == 0 ? ["A", "B"] : i % 2 == 0 ? ["B"] : ["C"])]);
        var items = ItemVocabulary.Create(ids, [.. ids.Select(id => "Title of " + id)], [genres]);
        using var model = new RecommenderModel(config, Items, items.Attributes);
        model.Initialize(seed);
        // Drawn weights are small; scores should differ by more than rounding does.
        foreach (Sequor.Autograd.Parameter parameter in model.Parameters)
            for (int row = 0; row < parameter.Value.Rows; row++)
                foreach (ref float weight in parameter.Value[row]) weight *= 3;
        model.RefreshItems();
        ModelArtifact.Save(directory, model, items, new long[Items + 1], new ArtifactManifest
        {
            Creator = "test",
            Configuration = new ExperimentConfig { Model = config }.ToGin(),
            ItemCount = Items,
            DataName = "made up",
            DataFingerprint = "none",
            Protocol = "reference",
            Epoch = 0,
        });
    }

    /// <summary>A made-up history, the times rising.</summary>
    internal static UserEvents Events(int seed, int count, bool times = true)
    {
        var random = new Random(seed);
        int[] items = [.. Enumerable.Range(0, count).Select(_ => random.Next(1, Items + 1))];
        long time = 1_000_000;
        return new UserEvents(items, times ? (long[])[.. Enumerable.Range(0, count).Select(_ => time += random.Next(1, 100_000))] : default);
    }
}
