using Sequor.Autograd;
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

    private ModelArtifact(RecommenderModel model, ItemVocabulary items, ArtifactManifest manifest)
    {
        Model = model;
        Items = items;
        Manifest = manifest;
    }

    /// <summary>The model with its weights.</summary>
    public RecommenderModel Model { get; }

    /// <summary>Item ids and titles.</summary>
    public ItemVocabulary Items { get; }

    /// <summary>Settings, data, metrics.</summary>
    public ArtifactManifest Manifest { get; }

    /// <summary>Writes an artefact, replacing the one that is there.</summary>
    /// <exception cref="InvalidInputException">The directory holds something else, or the system refuses.</exception>
    public static void Save(string directory, RecommenderModel model, ItemVocabulary items, ReadOnlySpan<long> popularity, ArtifactManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(manifest);
        var rows = new ItemRow[items.Count];
        for (int item = 1; item <= items.Count; item++) rows[item - 1] = new ItemRow(items.Id(item), items.Title(item) ?? "", popularity[item], AttributesOf(items, item));
        AtomicDirectory.Write(directory, ArtifactManifest.FileName, files =>
        {
            AtomicFile.Write(Path.Combine(files, WeightsFileName), stream => WriteWeights(stream, model));
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
        IReadOnlyList<ItemRow> rows = ItemTable.Read(Path.Combine(directory, ItemTable.FileName));
        if (rows.Count != manifest.ItemCount)
            throw new InvalidInputException($"{directory} lists {rows.Count} items, its manifest says {manifest.ItemCount}; copy the artefact again");
        ModelConfig config = ExperimentConfig.FromGin(manifest.Configuration, Path.Combine(directory, ArtifactManifest.FileName)).Config.Model;
        bool titled = rows.Any(row => row.Title.Length > 0);
        var items = ItemVocabulary.Create(
            [.. rows.Select(row => row.Id)], titled ? [.. rows.Select(row => row.Title.Length > 0 ? row.Title : null)] : null, Attributes(rows));
        var model = new RecommenderModel(config, items.Count, items.Attributes);
        string weights = Path.Combine(directory, WeightsFileName);
        using SafetensorsReader reader = SafetensorsReader.Open(weights);
        foreach (Parameter parameter in model.Parameters) ReadWeights(reader, parameter, weights);
        model.RefreshItems();
        return new ModelArtifact(model, items, manifest);
    }

    /// <summary>Ends the model's native memory.</summary>
    public void Dispose() => Model.Dispose();

    private static KeyValuePair<string, IReadOnlyList<string>>[]? AttributesOf(ItemVocabulary items, int item) => items.Attributes.Count == 0
        ? null
        : [.. items.Attributes.Select(attribute => KeyValuePair.Create(attribute.Name, attribute.ValuesOf(item)))];

    private static ItemAttribute[] Attributes(IReadOnlyList<ItemRow> rows)
    {
        if (rows is not [{ Attributes: { } first }, ..]) return [];
        return [.. first.Select((attribute, index) => ItemAttribute.Create(attribute.Key, [.. rows.Select(row => row.Attributes![index].Value)]))];
    }

    private static void WriteWeights(Stream stream, RecommenderModel model)
    {
        SafetensorsShape[] shapes = [.. model.Parameters.Select(p => new SafetensorsShape(p.Name, [.. p.Shape.Select(d => (long)d)]))];
        var writer = new SafetensorsWriter(stream, shapes);
        foreach (Parameter parameter in model.Parameters)
        {
            Matrix value = parameter.Value;
            writer.Write(parameter.Name, (row, destination) => CopyRow(value, row, destination));
        }
        writer.Complete();
    }

    // The last dimension of a file's tensor is its row. A convolution's kernel of width 1 comes element by element.
    private static void CopyRow(Matrix value, long row, Span<float> destination)
    {
        if (destination.Length == value.Columns) value[(int)row].CopyTo(destination);
        else destination[0] = value[(int)(row / value.Columns)][(int)(row % value.Columns)];
    }

    private static void ReadWeights(SafetensorsReader reader, Parameter parameter, string path)
    {
        SafetensorsShape? stored = reader.Tensors.FirstOrDefault(t => t.Name == parameter.Name);
        if (stored is null || !stored.Dimensions.SequenceEqual(parameter.Shape.Select(d => (long)d)))
            throw new InvalidInputException(
                $"{path} must hold {parameter.Name} of shape ({string.Join(", ", parameter.Shape)}), but has {(stored is null ? "no such tensor" : $"shape ({string.Join(", ", stored.Dimensions)})")}");
        Matrix value = parameter.Value;
        reader.Read(parameter.Name, (row, values) =>
        {
            if (values.Length == value.Columns) values.CopyTo(value[(int)row]);
            else value[(int)(row / value.Columns)][(int)(row % value.Columns)] = values[0];
        });
    }
}
