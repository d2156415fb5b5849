using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Server.Models;

namespace Sequor.Server.Answers;

/// <summary>What the service looks up about the items of one model; made when it is first asked for, and gone with the model.</summary>
internal sealed class Catalogue
{
    private static readonly ConditionalWeakTable<ServedModel, Catalogue> s_catalogues = [];

    private readonly Lazy<TitleSearch> _search;

    private Catalogue(ServedModel model)
    {
        ItemVocabulary items = model.Recommender.Items;
        Attributes = [.. items.Attributes.Select(attribute => new AttributeValues(attribute))];
        Conditions = new ConditionSets(this, items.Count);
        _search = new Lazy<TitleSearch>(() => new TitleSearch(items, model.Recommender.Popularity));
    }

    /// <summary>The attributes of the items, in the order of the data.</summary>
    internal IReadOnlyList<AttributeValues> Attributes { get; }

    /// <summary>The items that meet conditions.</summary>
    internal ConditionSets Conditions { get; }

    /// <summary>Items by words of their titles.</summary>
    internal TitleSearch Search => _search.Value;

    /// <summary>That of a model.</summary>
    internal static Catalogue Of(ServedModel model) => s_catalogues.GetValue(model, static model => new Catalogue(model));

    /// <summary>The attribute of that name.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    internal AttributeValues Attribute(string name, string field)
    {
        foreach (AttributeValues values in Attributes)
            if (values.Attribute.Name == name) return values;
        string[] names = [.. Attributes.Select(values => values.Attribute.Name)];
        string rule = names.Length == 0 ? "the items of this model have no attributes; leave it out"
            : Spelling.Nearest(name, names) is { } near ? $"is not an attribute of the items; did you mean {near}? The items of this model have {string.Join(", ", names)}"
            : $"must be an attribute of the items: {string.Join(", ", names)}";
        throw new RequestException(StatusCodes.Status422UnprocessableEntity, field, name, rule);
    }

    /// <summary>Values of an item's attributes by name; null where the data has none.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<string>>? Describe(int item)
    {
        if (Attributes.Count == 0) return null;
        var described = new Dictionary<string, IReadOnlyList<string>>(Attributes.Count, StringComparer.Ordinal);
        foreach (AttributeValues values in Attributes) described.Add(values.Attribute.Name, values.Of(item));
        return described;
    }
}
