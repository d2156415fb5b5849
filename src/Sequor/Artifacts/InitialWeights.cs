using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Modeling.ItemEmbeddings;

namespace Sequor.Artifacts;

/// <summary>
/// Begins a model where another left off, with a catalogue of its own: rows of tables are matched by item id or by the text of an attribute's
/// value, everything else is copied as it is. What has no counterpart keeps its drawn weights, moved as <see cref="NewItemRows"/> says.
/// </summary>
internal static class InitialWeights
{
    /// <summary>Copies what <paramref name="from"/> has learned into a model whose weights were drawn.</summary>
    /// <param name="from">The model that was trained before.</param>
    /// <param name="name">What to call it in a message and in the manifest.</param>
    /// <param name="model">The model to begin.</param>
    /// <param name="config">Its settings.</param>
    /// <param name="items">Its catalogue.</param>
    /// <param name="popularity">Training events of each item (X + 1).</param>
    /// <exception cref="InvalidInputException">The settings give the weights other shapes or places.</exception>
    internal static InitialModel Copy(
        ModelArtifact from, string name, RecommenderModel model, ExperimentConfig config, ItemVocabulary items, ReadOnlySpan<long> popularity)
    {
        RequireSameStructure(from, name, model, config);
        Dictionary<string, Parameter> learned = from.Model.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        int[] itemRows = MatchItems(from.Items, items);
        foreach (Parameter parameter in model.Parameters)
        {
            Parameter source = learned[parameter.Name];
            LabelledTable? table = TableOf(model, parameter);
            if (table is null) CopyRows(source.Value, parameter.Value, row => row);
            else
            {
                int[] rows = table.Attribute is null ? itemRows : MatchValues(TableOf(from.Model, source)!, table);
                CopyRows(source.Value, parameter.Value, row => rows[row]);
            }
        }

        // Of the other kinds, attributes already say where a new item stands.
        if (config.Model.ItemEmbedding.Kind == ItemEmbeddingKind.Local) NewItemRows.Place(model.Items.Value, itemRows, popularity);
        model.TakeWeights(popularity);
        int matched = itemRows.AsSpan(1).Length - itemRows.AsSpan(1).Count(-1);
        return new InitialModel
        {
            Name = name,
            DataFingerprint = from.Manifest.DataFingerprint,
            Protocol = from.Manifest.Protocol,
            Epoch = from.Manifest.Epoch,
            MatchedItems = matched,
            NewItems = items.Count - matched,
            GoneItems = from.Items.Count - matched,
        };
    }

    private static void RequireSameStructure(ModelArtifact from, string name, RecommenderModel model, ExperimentConfig config)
    {
        List<string> differences = [.. StructuralSettings.Differences(from.Configuration, config)];
        Dictionary<string, Parameter> learned = from.Model.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (Parameter parameter in model.Parameters)
        {
            if (!learned.Remove(parameter.Name, out Parameter? source)) differences.Add($"{parameter.Name} (none there, {Shape(parameter)} here)");
            else if (!source.Shape.Skip(FixedFrom(parameter)).SequenceEqual(parameter.Shape.Skip(FixedFrom(parameter))))
                differences.Add($"{parameter.Name} ({Shape(source)} there, {Shape(parameter)} here)");
        }

        differences.AddRange(learned.Values.Select(source => $"{source.Name} ({Shape(source)} there, none here)"));
        if (differences.Count == 0) return;
        throw new InvalidInputException(
            $"a model can go on only with weights of its own shapes, and {name} differs in {TextList.Of(differences)}; give the settings that it was trained with, or train anew without --init-from");

        // The rows of a labelled table are matched, so they may be more or fewer.
        int FixedFrom(Parameter parameter) => TableOf(model, parameter) is null ? 0 : 1;
    }

    private static LabelledTable? TableOf(RecommenderModel model, Parameter parameter) => model.Tables.FirstOrDefault(table => table.Table == parameter);

    private static string Shape(Parameter parameter) => $"({string.Join(", ", parameter.Shape)})";

    // The old row of each new one, -1 where there is none; padding stays padding.
    private static int[] MatchItems(ItemVocabulary from, ItemVocabulary to)
    {
        var rows = new int[to.Count + 1];
        for (int item = 1; item < rows.Length; item++) rows[item] = from.TryGetIndex(to.Id(item), out int index) ? index : -1;
        return rows;
    }

    private static int[] MatchValues(LabelledTable from, LabelledTable to)
    {
        CategoricalAttribute known = from.Attribute!, values = to.Attribute!;
        var rowOfValue = new Dictionary<string, int>(known.ValueCount, StringComparer.Ordinal);
        for (int code = 0; code < known.ValueCount; code++) rowOfValue.Add(known.Value(code), from.FirstValueRow + code);
        var rows = new int[to.FirstValueRow + values.ValueCount];
        for (int row = 0; row < rows.Length; row++)
            rows[row] = row < to.FirstValueRow ? row : rowOfValue.GetValueOrDefault(values.Value(row - to.FirstValueRow), -1);
        return rows;
    }

    private static void CopyRows(Matrix from, Matrix to, Func<int, int> sourceOf)
    {
        for (int row = 0; row < to.Rows; row++)
            if (sourceOf(row) is var source and >= 0) from[source].CopyTo(to[row]);
    }
}
