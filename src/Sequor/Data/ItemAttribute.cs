namespace Sequor.Data;

/// <summary>
/// One named property of the items of a catalogue, such as genres or year: of each item any number of values, none included. Values are
/// coded 0 … <see cref="ValueCount"/> − 1 in ordinal order of their text.
/// </summary>
public sealed class ItemAttribute
{
    private readonly Utf8Table values;
    private readonly ReadOnlyMemory<long> offsets;
    private readonly ReadOnlyMemory<int> codes;

    /// <summary>Views the codes of item i as <c>codes[offsets[i − 1]..offsets[i]]</c>.</summary>
    internal ItemAttribute(string name, Utf8Table values, ReadOnlyMemory<long> offsets, ReadOnlyMemory<int> codes)
    {
        Name = name;
        this.values = values;
        this.offsets = offsets;
        this.codes = codes;
    }

    /// <summary>Name of the attribute.</summary>
    public string Name { get; }

    /// <summary>Number of distinct values, V.</summary>
    public int ValueCount => values.Count;

    /// <summary>Number of items, X.</summary>
    public int ItemCount => offsets.Length - 1;

    internal Utf8Table Values => values;

    /// <summary>Codes the values of the items 1, 2, … as they stand in the list; an item's repeated values count once.</summary>
    /// <exception cref="InvalidInputException">The name or a value is empty.</exception>
    public static ItemAttribute Create(string name, IReadOnlyCollection<IReadOnlyList<string>> valuesOfItems)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valuesOfItems);
        if (name.Length == 0) throw new InvalidInputException("an item attribute has an empty name; every attribute needs a name of its own");
        string[] distinct = [.. valuesOfItems.SelectMany(values => values).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (distinct is ["", ..]) throw new InvalidInputException($"item attribute '{name}' has an empty value; leave it out");
        var codeOfValue = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string value in distinct) codeOfValue.Add(value, codeOfValue.Count);

        var codes = new List<int>();
        long[] offsets = new long[valuesOfItems.Count + 1];
        int item = 0;
        foreach (IReadOnlyList<string> values in valuesOfItems)
        {
            codes.AddRange(values.Distinct(StringComparer.Ordinal).Select(value => codeOfValue[value]));
            offsets[++item] = codes.Count;
        }

        return new ItemAttribute(name, Utf8Table.From(distinct), offsets, codes.ToArray());
    }

    /// <summary>Text of a value 0 … V − 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such value.</exception>
    public string Value(int code)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(code, ValueCount);
        return values.Text(code);
    }

    /// <summary>Codes of the values of the item at an index 1..X, in the order of the source.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is 0 (padding) or beyond X.</exception>
    /// <exception cref="InvalidInputException">The codes of this item are damaged.</exception>
    public ReadOnlySpan<int> Codes(int item)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(item, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item, ItemCount);
        long first = offsets.Span[item - 1], end = offsets.Span[item];
        // Opening a store does not read them; a damaged one must not become a place in memory.
        if (first < 0 || end < first || end > codes.Length) throw Damaged(item);
        ReadOnlySpan<int> found = codes.Span[(int)first..(int)end];
        return found.IndexOfAnyExceptInRange(0, ValueCount - 1) < 0 ? found : throw Damaged(item);
    }

    /// <summary>Texts of the values of the item at an index 1..X.</summary>
    public IReadOnlyList<string> ValuesOf(int item)
    {
        ReadOnlySpan<int> found = Codes(item);
        string[] texts = new string[found.Length];
        for (int i = 0; i < texts.Length; i++) texts[i] = Value(found[i]);
        return texts;
    }

    private InvalidInputException Damaged(int item) =>
        new($"the values of item {item:N0} of the attribute '{Name}' are damaged; copy the store again or prepare the data again");
}
