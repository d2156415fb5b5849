using Sequor.Data;

namespace Sequor.Modeling.ItemEmbeddings;

/// <summary>Finds the attributes that an embedding names among those of the data.</summary>
internal readonly struct AvailableAttributes(ItemEmbeddingConfig config, IReadOnlyList<CategoricalAttribute> attributes)
{
    private const string HowToPrepare =
        "prepare the data with attributes: ml-100k and ml-1m bring genres, year and decade, a table takes them by --items FILE --item-id COLUMN --item-attributes COLUMN,…";

    /// <summary>The attribute that gives the category.</summary>
    internal CategoricalAttribute Category() => Find("categorical", "train_fn.item_category", config.Category);

    /// <summary>The attributes that are added up, in the order of the setting, or else of the data.</summary>
    internal IReadOnlyList<CategoricalAttribute> Features()
    {
        if (config.Features.Count == 0) return attributes.Count > 0 ? attributes : throw None("features");
        var found = new List<CategoricalAttribute>(config.Features.Count);
        foreach (string name in config.Features) found.Add(Find("features", "train_fn.item_features", name));
        return found;
    }

    private CategoricalAttribute Find(string kind, string setting, string name)
    {
        if (attributes.Count == 0) throw None(kind);
        foreach (CategoricalAttribute attribute in attributes)
            if (attribute.Name == name) return attribute;
        throw new InvalidInputException(
            $"{setting} names \"{name}\", the items have {string.Join(", ", attributes.Select(attribute => $"\"{attribute.Name}\""))}; name one of these, or {HowToPrepare}");
    }

    private static InvalidInputException None(string kind) =>
        new($"train_fn.embedding_module_type = \"{kind}\" needs attributes of the items, and the data have none; {HowToPrepare}");
}
