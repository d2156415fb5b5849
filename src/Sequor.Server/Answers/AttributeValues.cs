using System.Collections.Frozen;
using Sequor.Data;

namespace Sequor.Server.Answers;

/// <summary>The values of an attribute as texts, which an attribute itself decodes anew each time, and their codes.</summary>
internal sealed class AttributeValues
{
    private readonly FrozenDictionary<string, int> _codes;

    internal AttributeValues(CategoricalAttribute attribute)
    {
        Attribute = attribute;
        Texts = [.. Enumerable.Range(0, attribute.ValueCount).Select(attribute.Value)];
        _codes = Texts.Index().ToFrozenDictionary(value => value.Item, value => value.Index, StringComparer.Ordinal);
    }

    internal CategoricalAttribute Attribute { get; }

    /// <summary>Text of each code (V).</summary>
    internal string[] Texts { get; }

    internal bool TryFind(string text, out int code) => _codes.TryGetValue(text, out code);

    /// <summary>Texts of the values of an item 1 … X.</summary>
    internal string[] Of(int item)
    {
        ReadOnlySpan<int> codes = Attribute.CodesAt(item - 1);
        if (codes.IsEmpty) return [];
        string[] texts = new string[codes.Length];
        for (int i = 0; i < texts.Length; i++) texts[i] = Texts[codes[i]];
        return texts;
    }
}
