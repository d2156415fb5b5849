using Sequor.Artifacts;
using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;

namespace Sequor.Tests;

/// <summary>A small artefact with drawn weights: 100 items i1 … i100 with titles and genres, the first ones the most popular, a window of 20 events.</summary>
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

    internal static void Write(string directory, ModelConfig? config = null, ulong seed = 7, bool spoil = false)
    {
        string[] ids = [.. Enumerable.Range(1, Items).Select(i => $"i{i}")];
        string[] titles = [.. Enumerable.Range(1, Items).Select(i => i switch { 5 => "Amélie (2001)", 6 => "The Godfather: Part II", 7 => "Godfather, The", _ => $"Number {i}" })];
        var genres = CategoricalAttribute.Create("genre", [.. Enumerable.Range(1, Items).Select(i => i % 10 == 0 ? (string[])[] : i % 3 == 0 ? ["A", "B"] : i % 2 == 0 ? ["B"] : ["C"])]);
        var items = ItemVocabulary.Create(ids, titles, [genres]);
        using var model = new RecommenderModel(config ?? Hstu, Items, items.Attributes);
        model.Initialize(seed);
        if (spoil)
            foreach (Parameter parameter in model.Parameters)
                for (int row = 0; row < parameter.Value.Rows; row++) parameter.Value[row].Fill(float.NaN);
        model.RefreshItems();
        ModelArtifact.Save(directory, model, items, [0, .. Enumerable.Range(1, Items).Select(i => 1000L - i)], new ArtifactManifest
        {
            Creator = "test",
            Configuration = new ExperimentConfig { Model = config ?? Hstu }.ToGin(),
            ItemCount = Items,
            DataName = "made up",
            DataFingerprint = "none",
            Protocol = "reference",
            Epoch = 3,
            Metrics = new Dictionary<string, double> { ["hr@10"] = 0.5 },
        });
    }
}
