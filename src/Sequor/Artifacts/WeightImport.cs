using System.Security.Cryptography;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Modeling.ItemEmbeddings;

namespace Sequor.Artifacts;

/// <summary>Weights that another program trained, as an artefact of this one; <see cref="ModelArtifact.ExportWeights"/> is the way back.</summary>
public static class WeightImport
{
    /// <summary>Reads a checkpoint of PyTorch or a safetensors file and writes an artefact, or nothing if anything does not fit.</summary>
    /// <param name="file">The weights, under the reference's names.</param>
    /// <param name="config">The settings that they were trained with.</param>
    /// <param name="store">The data whose items they know.</param>
    /// <param name="rule">Which row of the item table belongs to an item; null to detect it.</param>
    /// <param name="directory">The artefact to write.</param>
    /// <exception cref="InvalidInputException">The file is damaged or of another format, or does not fit the settings or the catalogue.</exception>
    public static ImportedWeights Read(string file, ExperimentConfig config, SequenceStore store, ItemRowRule? rule, string directory)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(store);
        if (config.Model.ItemEmbedding.Kind != ItemEmbeddingKind.Local)
            throw new InvalidInputException("train_fn.embedding_module_type must be \"local\" for weights of another program: rows of the item table are matched by item");
        using IWeightSource source = WeightFile.Open(file);
        using var model = new RecommenderModel(config.Model, store.Items.Count, store.Items.Attributes);
        ModelWeights.RequireSameNames(source, model);
        SafetensorsShape table = source.Tensors.First(tensor => tensor.Name == model.Items.Name);
        long tableRows = table.Dimensions.Length == 0 ? 0 : table.Dimensions[0];
        ItemRows rows = ItemRows.Of(store.Items, tableRows, rule);
        ModelWeights.Read(source, model, rows);
        var manifest = new ArtifactManifest
        {
            Creator = $"Sequor {typeof(WeightImport).Assembly.GetName().Version}",
            Configuration = config.ToGin(),
            ItemCount = store.Items.Count,
            DataName = store.Name,
            DataFingerprint = store.Fingerprint,
            // The reference's own protocol: it has no other.
            Protocol = "reference",
            Epoch = source.Epoch ?? 0,
            ImportedFrom = new ArtifactOrigin { FileName = Path.GetFileName(file), Sha256 = Hash(file), ItemRows = rows.Rule },
        };
        long[] popularity = ItemPopularity.Count(LeaveOneOut.Train(store, EvaluationProtocol.Reference, config.Model.MaxSequenceLength));
        ModelArtifact.Save(directory, model, store.Items, popularity, manifest);
        return new ImportedWeights(manifest, source.Epoch, model.Parameters.Count, tableRows, [.. ModelWeights.Derived.Intersect(source.Tensors.Select(tensor => tensor.Name))]);
    }

    private static string Hash(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
