using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sequor.Configuration;
using Sequor.Retrieval;
using Sequor.Server.Contracts;

namespace Sequor.Server.Answers;

/// <summary>The items that meet conditions on their attributes. Sets are kept, as the same few conditions are asked again and again.</summary>
internal sealed class ConditionSets(Catalogue catalogue, int itemCount)
{
    private const int MostSets = 64;

    private readonly ConcurrentDictionary<string, ItemSet> _sets = new(StringComparer.Ordinal);

    /// <summary>The items that meet all conditions.</summary>
    /// <exception cref="RequestException">A condition names an attribute or a value that the items do not have.</exception>
    internal ItemSet Of(IReadOnlyList<AttributeCondition> conditions)
    {
        string key = Key(conditions);
        if (_sets.TryGetValue(key, out ItemSet? known)) return known;
        ItemSet set = Find(conditions);
        // Which ones are frequent shows when they come again.
        if (_sets.Count >= MostSets) _sets.Clear();
        _sets[key] = set;
        return set;
    }

    private ItemSet Find(IReadOnlyList<AttributeCondition> conditions)
    {
        ItemSet meet = ItemSet.Of(itemCount, []).Not();
        for (int c = 0; c < conditions.Count; c++)
        {
            AttributeValues values = catalogue.Attribute(conditions[c].Attribute, $"where[{c}].attribute");
            if (conditions[c].AnyOf is { } any) meet = meet.And(ItemSet.WithAny(values.Attribute, Codes(values, any, $"where[{c}].anyOf")));
            if (conditions[c].NoneOf is { } none) meet = meet.And(ItemSet.WithAny(values.Attribute, Codes(values, none, $"where[{c}].noneOf")).Not());
        }

        return meet;
    }

    private static int[] Codes(AttributeValues values, IReadOnlyList<string> texts, string field)
    {
        int[] codes = new int[texts.Count];
        for (int i = 0; i < codes.Length; i++)
            if (!values.TryFind(texts[i], out codes[i]))
                throw new RequestException(StatusCodes.Status422UnprocessableEntity, $"{field}[{i}]", texts[i], Rule(values, texts[i]));
        return codes;
    }

    private static string Rule(AttributeValues values, string text)
    {
        const int Shown = 20;
        string name = values.Attribute.Name;
        if (values.Texts.Length <= Shown) return $"must be a value of {name}: {string.Join(", ", values.Texts)}";
        return Spelling.Nearest(text, values.Texts) is { } near
            ? $"no item has this value of {name}; did you mean {near}?"
            : $"no item has this value of {name}; GET /v1/model lists the values";
    }

    // Lengths stand before the texts, so that no two requests have one key.
    private static string Key(IReadOnlyList<AttributeCondition> conditions)
    {
        var key = new StringBuilder();
        foreach (AttributeCondition condition in conditions)
        {
            Add(condition.Attribute);
            List(condition.AnyOf);
            List(condition.NoneOf);
        }

        return key.ToString();

        void Add(string text) => key.Append(text.Length).Append(':').Append(text);

        void List(IReadOnlyList<string>? texts)
        {
            key.Append(texts?.Count ?? -1).Append(';');
            foreach (string text in texts ?? []) Add(text);
        }
    }
}
