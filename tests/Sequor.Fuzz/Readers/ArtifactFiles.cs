using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Modeling.Encoders;

namespace Sequor.Fuzz.Readers;

/// <summary>Valid artefacts of a few items, small enough to be loaded ten thousand times a second.</summary>
internal sealed class ArtifactFiles
{
    public const string Index = "index/MIPSBruteForceTopK.int8.json";
    private const int Items = 5;

    public ArtifactFiles(Workspace workspace, ModelConfig config)
    {
        string directory = workspace.At("made");
        var items = ItemVocabulary.Create(
            [.. Enumerable.Range(1, Items).Select(i => $"i{i}")], [.. Enumerable.Range(1, Items).Select(i => i == 2 ? null : $"Title {i}")], [CategoricalAttribute.Create("genre", [["a"], ["b", "a"], [], ["c"], ["a"]])]);
        using (var model = new RecommenderModel(config, Items, items.Attributes))
        {
            model.Initialize(3);
            model.RefreshItems();
            var experiment = new ExperimentConfig { Model = config };
            ModelArtifact.Save(directory, model, items, [0, 5, 4, 3, 2, 1], new ArtifactManifest
            {
                Creator = "fuzz", Configuration = experiment.ToGin(), ItemCount = Items, DataName = "made up", DataFingerprint = "none", Protocol = "reference", Epoch = 1, Metrics = new Dictionary<string, double> { ["hr@10"] = 0.5 },
            });
        }

        if (config.Similarity == Modeling.SimilarityKind.DotProduct)
        {
            string weights = ArtifactManifest.Read(directory).Sha256Of(ModelArtifact.WeightsFileName)!;
            ArtifactManifest.AddIndex(directory, new IndexHeader { Method = "MIPSBruteForceTopK", Precision = "int8", ItemCount = Items, EmbeddingDim = config.EmbeddingDim, WeightsSha256 = weights });
        }

        foreach (string file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)) Files.Add(Path.GetRelativePath(directory, file), File.ReadAllBytes(file));
        Directory.Delete(directory, recursive: true);
    }

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public static ModelConfig Hstu { get; } = new()
    {
        Encoder = EncoderKind.Hstu, EmbeddingDim = 4, MaxSequenceLength = 6, OutputLength = 1, Hstu = new HstuConfig { BlockCount = 1, HeadCount = 1, QueryKeyDim = 4, ValueDim = 4 },
    };

    public static ModelConfig SasRec { get; } = new() { Encoder = EncoderKind.SasRec, EmbeddingDim = 4, MaxSequenceLength = 6, OutputLength = 1, SasRec = new SasRecConfig { BlockCount = 1, HeadCount = 1, FeedForwardDim = 4 } };

    /// <summary>Writes lengths and hashes of the files into the manifest, and the hash of the weights into the index, as whoever makes an artefact does.</summary>
    public static void PutRight(FuzzInput input)
    {
        if (JsonNode.Parse(input.Files[ArtifactManifest.FileName]) is not JsonObject manifest || manifest["files"] is not JsonArray files) return;
        foreach (JsonNode? file in files)
        {
            if (file is not JsonObject entry || entry["name"] is not JsonValue name || !name.TryGetValue(out string? path) || !input.Files.TryGetValue(path, out byte[]? bytes)) continue;
            entry["length"] = bytes.Length;
            entry["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes));
        }

        input.Files[ArtifactManifest.FileName] = Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }
}
