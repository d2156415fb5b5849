using System.Globalization;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Storage;

namespace Sequor.Artifacts;

/// <summary>
/// A model on disk: <c>manifest.json</c>, <c>model.safetensors</c> (names and layout of the reference) and <c>items.jsonl</c>. Written
/// whole or not at all; every file is verified when it is loaded.
/// </summary>
public sealed class ModelArtifact : IDisposable
{
    /// <summary>Name of the weights in the directory.</summary>
    public const string WeightsFileName = "model.safetensors";

    private readonly long[] _popularity;

    private ModelArtifact(
        RecommenderModel model, ExperimentConfig configuration, ItemVocabulary items, long[] popularity, ArtifactManifest manifest, IReadOnlyList<IndexHeader> indices)
    {
        Indices = indices;
        _popularity = popularity;
        Model = model;
        Configuration = configuration;
        Items = items;
        Manifest = manifest;
    }

    /// <summary>The model with its weights.</summary>
    public RecommenderModel Model { get; }

    /// <summary>The settings that it was trained with.</summary>
    public ExperimentConfig Configuration { get; }

    /// <summary>Item ids and titles.</summary>
    public ItemVocabulary Items { get; }

    /// <summary>Training events of each item: entry i is item i's, entry 0 is nobody's (X + 1).</summary>
    public ReadOnlySpan<long> Popularity => _popularity;

    /// <summary>The indices that were chosen for the model, the default first; none where nobody chose.</summary>
    public IReadOnlyList<IndexHeader> Indices { get; }

    /// <summary>Settings, data, metrics.</summary>
    public ArtifactManifest Manifest { get; }

    /// <summary>Writes an artefact, replacing the one that is there.</summary>
    /// <exception cref="InvalidInputException">The directory holds something else, or the system refuses.</exception>
    public static void Save(string directory, RecommenderModel model, ItemVocabulary items, ReadOnlySpan<long> popularity, ArtifactManifest manifest) =>
        Save(directory, model, items, popularity, manifest, beforeItem: null);

    /// <summary>The same; <paramref name="beforeItem"/> is told each row of the item table before it is read.</summary>
    internal static void Save(
        string directory, RecommenderModel model, ItemVocabulary items, ReadOnlySpan<long> popularity, ArtifactManifest manifest, Action<int>? beforeItem)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(manifest);
        long[] events = popularity.ToArray();
        IEnumerable<ItemRow> rows = Enumerable.Range(1, items.Count).Select(item => new ItemRow(items.Id(item), items.Title(item) ?? "", events[item], AttributesOf(items, item)));
        AtomicDirectory.Write(directory, ArtifactManifest.FileName, files =>
        {
            AtomicFile.Write(Path.Combine(files, WeightsFileName), stream => ModelWeights.Write(stream, model, beforeItem: beforeItem));
            ItemTable.Write(Path.Combine(files, ItemTable.FileName), rows);
            manifest.Write(files);
        });
    }

    /// <summary>Loads and verifies an artefact.</summary>
    /// <exception cref="InvalidInputException">It is missing, damaged, or does not fit its own settings.</exception>
    public static ModelArtifact Load(string directory)
    {
        ArtifactManifest manifest = ArtifactManifest.Read(directory);
        foreach (string name in new[] { WeightsFileName, ItemTable.FileName })
            if (manifest.Files.All(file => file.Name != name))
                throw new InvalidInputException($"{Path.Combine(directory, ArtifactManifest.FileName)} does not name {name}, so it cannot be verified; copy the artefact again");
        IndexHeader[] indices = [.. manifest.Indices.Select(entry => IndexHeader.Read(directory, manifest, entry))];
        IReadOnlyList<ItemRow> rows = ItemTable.Read(Path.Combine(directory, ItemTable.FileName));
        if (rows.Count != manifest.ItemCount)
            throw new InvalidInputException($"{directory} lists {rows.Count} items, its manifest says {manifest.ItemCount}; copy the artefact again");
        ExperimentConfig config = ExperimentConfig.FromGin(manifest.Configuration, Path.Combine(directory, ArtifactManifest.FileName)).Config;
        bool titled = rows.Any(row => row.Title.Length > 0);
        var items = ItemVocabulary.Create(
            [.. rows.Select(row => row.Id)], titled ? [.. rows.Select(row => row.Title.Length > 0 ? row.Title : null)] : null, Attributes(rows));
        using SafetensorsReader weights = SafetensorsReader.Open(Path.Combine(directory, WeightsFileName));
        RecommenderModel model = ModelWeights.MakeModel(weights, config.Model, items);
        try
        {
            ModelWeights.Read(weights, model);
            model.RefreshItems();
        }
        catch
        {
            model.Dispose();
            throw;
        }

        return new ModelArtifact(model, config, items, [0, .. rows.Select(row => row.Popularity)], manifest, indices);
    }

    /// <summary>
    /// Writes the weights alone as a safetensors file that the reference can load: its item table has the rows that its data has.
    /// </summary>
    /// <exception cref="InvalidInputException">The ids name no rows by this rule, or the system refuses.</exception>
    public void ExportWeights(string file, ItemRows rows)
    {
        var metadata = new Dictionary<string, string>
        {
            // Loaders of safetensors files ask for the framework whose layout the tensors have.
            ["format"] = "pt",
            [SafetensorsReader.EpochKey] = Manifest.Epoch.ToString(CultureInfo.InvariantCulture),
        };
        AtomicFile.Write(file, stream => ModelWeights.Write(stream, Model, rows, metadata));
    }

    /// <summary>Ends the model's native memory.</summary>
    public void Dispose() => Model.Dispose();

    private static KeyValuePair<string, IReadOnlyList<string>>[]? AttributesOf(ItemVocabulary items, int item) => items.Attributes.Count == 0
        ? null
        : [.. items.Attributes.Select(attribute => KeyValuePair.Create(attribute.Name, attribute.ValuesAt(item - 1)))];

    private static CategoricalAttribute[] Attributes(IReadOnlyList<ItemRow> rows)
    {
        if (rows is not [{ Attributes: { } first }, ..]) return [];
        return [.. first.Select((attribute, index) => CategoricalAttribute.Create(attribute.Key, [.. rows.Select(row => row.Attributes![index].Value)]))];
    }
}
