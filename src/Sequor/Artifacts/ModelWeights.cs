using Sequor.Autograd;
using Sequor.Data;
using Sequor.Modeling;
using Sequor.Modeling.ItemEmbeddings;

namespace Sequor.Artifacts;

/// <summary>The weights of a model from and to a file of named tensors, under the reference's names and in its layout.</summary>
internal static class ModelWeights
{
    /// <summary>Buffers that the reference stores beside its weights and that follow from the settings.</summary>
    public static readonly IReadOnlyList<string> Derived = ["_attn_mask"];

    /// <summary>Checks that a file has the model's tensors, each once, and no others but <see cref="Derived"/>.</summary>
    /// <exception cref="InvalidInputException">A tensor is missing or one too many; the message lists them.</exception>
    public static void RequireSameNames(IWeightSource source, RecommenderModel model)
    {
        string[] expected = [.. model.Parameters.Select(parameter => parameter.Name)], found = [.. source.Tensors.Select(tensor => tensor.Name)];
        string[] missing = [.. expected.Except(found)], extra = [.. found.Except(expected).Except(Derived)];
        if (missing.Length == 0 && extra.Length == 0) return;
        string[] findings = [.. missing.Length > 0 ? new[] { $"lacks {TextList.Of(missing)}" } : [], .. extra.Length > 0 ? new[] { $"has besides {TextList.Of(extra)}" } : []];
        throw new InvalidInputException($"{source.Path} {string.Join(" and ", findings)}; give the settings that it was trained with");
    }

    /// <summary>Makes a model for weights of the same artefact: of no more numbers than they are, whatever its settings say.</summary>
    /// <exception cref="InvalidInputException">The settings ask for more.</exception>
    public static RecommenderModel MakeModel(IWeightSource source, ModelConfig config, ItemVocabulary items)
    {
        long stored = source.Tensors.Sum(tensor => tensor.RowCount * tensor.ColumnCount);
        // A table that is put together from others is not stored.
        if (config.ItemEmbedding.Kind != ItemEmbeddingKind.Local) stored += (items.Count + 1L) * config.EmbeddingDim;
        using var budget = new ParameterBudget(stored, () => new InvalidInputException($"{source.Path} holds fewer numbers than a model of the settings beside it has; copy the artefact again"));
        return new RecommenderModel(config, items.Count, items.Attributes);
    }

    /// <summary>
    /// Reads every parameter as it is, but the item table by <paramref name="rows"/> if they are given. <paramref name="afterItem"/> is told each of its rows.
    /// </summary>
    /// <exception cref="InvalidInputException">A tensor is missing or of another shape.</exception>
    public static void Read(IWeightSource source, RecommenderModel model, ItemRows? rows = null, Action<int>? afterItem = null)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            Matrix value = parameter.Value;
            ItemRows? items = parameter == model.Items ? rows : null;
            RequireShape(source, parameter, items);
            source.Read(parameter.Name, (row, values) =>
            {
                if (items is not null)
                {
                    if (items.TryGetIndex(row, out int index)) values.CopyTo(value[index]);
                }
                else if (values.Length == value.Columns)
                {
                    values.CopyTo(value[(int)row]);
                    if (parameter == model.Items) afterItem?.Invoke((int)row);
                }
                // The last dimension is a row: a convolution's kernel of width 1 comes element by element.
                else value[(int)(row / value.Columns)][(int)(row % value.Columns)] = values[0];
            });
        }
    }

    /// <summary>
    /// Writes every parameter as it is, but the item table by <paramref name="rows"/> if they are given; those of no item are zero.
    /// <paramref name="beforeItem"/> is told each row of the table before it is read.
    /// </summary>
    public static void Write(
        Stream stream, RecommenderModel model, ItemRows? rows = null, IReadOnlyDictionary<string, string>? metadata = null, Action<int>? beforeItem = null)
    {
        SafetensorsShape[] shapes = [.. model.Parameters.Select(parameter => new SafetensorsShape(parameter.Name, Dimensions(parameter, parameter == model.Items ? rows : null)))];
        var writer = new SafetensorsWriter(stream, shapes, metadata);
        foreach (Parameter parameter in model.Parameters)
        {
            Matrix value = parameter.Value;
            ItemRows? items = parameter == model.Items ? rows : null;
            writer.Write(parameter.Name, (row, destination) =>
            {
                if (items is not null)
                {
                    if (items.TryGetIndex(row, out int index)) value[index].CopyTo(destination);
                    else destination.Clear();
                }
                else if (destination.Length == value.Columns)
                {
                    if (parameter == model.Items) beforeItem?.Invoke((int)row);
                    value[(int)row].CopyTo(destination);
                }
                else destination[0] = value[(int)(row / value.Columns)][(int)(row % value.Columns)];
            });
        }

        writer.Complete();
    }

    private static void RequireShape(IWeightSource source, Parameter parameter, ItemRows? rows)
    {
        long[]? stored = source.Tensors.FirstOrDefault(tensor => tensor.Name == parameter.Name)?.Dimensions;
        long[] expected = Dimensions(parameter, rows);
        // A table by id may go on behind the largest id.
        bool fits = stored is not null && stored.Length == expected.Length && stored.AsSpan(1).SequenceEqual(expected.AsSpan(1))
            && (rows?.Rule == ItemRowRule.Id ? stored[0] >= expected[0] : stored[0] == expected[0]);
        if (fits) return;
        throw new InvalidInputException(
            $"{source.Path} must hold {parameter.Name} of shape ({string.Join(", ", expected)}), but has {(stored is null ? "no such tensor" : $"shape ({string.Join(", ", stored)})")}");
    }

    private static long[] Dimensions(Parameter parameter, ItemRows? rows)
    {
        long[] dimensions = [.. parameter.Shape.Select(dimension => (long)dimension)];
        if (rows is not null) dimensions[0] = rows.Count;
        return dimensions;
    }
}
