namespace Sequor.Data;

/// <summary>
/// One named property of the items of a catalogue or of the users of a store, such as genres or occupation: of each any number of values,
/// none included. Values are coded 0 … <see cref="ValueCount"/> − 1 in ordinal order of their text. Rows count from 0: the item at an
/// index i is row i − 1, user u is row u.
/// </summary>
public sealed class CategoricalAttribute
{
    private readonly Utf8Table values;
    private readonly ReadOnlyMemory<long> offsets;
    private readonly ReadOnlyMemory<int> codes;

    /// <summary>Views the codes of row r as <c>codes[offsets[r]..offsets[r + 1]]</c>.</summary>
    internal CategoricalAttribute(string name, Utf8Table values, ReadOnlyMemory<long> offsets, ReadOnlyMemory<int> codes)
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

    /// <summary>Number of items or users.</summary>
    public int RowCount => offsets.Length - 1;

    /// <summary>Codes the values of the rows as they stand in the list; a row's repeated values count once.</summary>
    /// <exception cref="InvalidInputException">The name or a value is empty.</exception>
    public static CategoricalAttribute Create(string name, IReadOnlyCollection<IReadOnlyList<string>> valuesOfRows)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valuesOfRows);
        if (name.Length == 0) throw new InvalidInputException("an attribute has an empty name; every attribute needs a name of its own");
        string[] distinct = [.. valuesOfRows.SelectMany(values => values).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (distinct is ["", ..]) throw new InvalidInputException($"attribute '{name}' has an empty value; leave it out");
        var codeOfValue = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string value in distinct) codeOfValue.Add(value, codeOfValue.Count);

        var codes = new List<int>();
        long[] offsets = new long[valuesOfRows.Count + 1];
        int row = 0;
        foreach (IReadOnlyList<string> values in valuesOfRows)
        {
            codes.AddRange(values.Distinct(StringComparer.Ordinal).Select(value => codeOfValue[value]));
            offsets[++row] = codes.Count;
        }

        return new CategoricalAttribute(name, Utf8Table.From(distinct), offsets, codes.ToArray());
    }

    /// <summary>Text of a value 0 … V − 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such value.</exception>
    public string Value(int code)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(code, ValueCount);
        return values.Text(code);
    }

    /// <summary>Codes of the values of a row, in the order of the source.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="InvalidInputException">The codes of this row are damaged.</exception>
    public ReadOnlySpan<int> CodesAt(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, RowCount);
        long first = offsets.Span[row], end = offsets.Span[row + 1];
        // Opening a store does not read them; a damaged one must not become a place in memory.
        if (first < 0 || end < first || end > codes.Length) throw Damaged(row);
        ReadOnlySpan<int> found = codes.Span[(int)first..(int)end];
        // The range of no values, 0 to −1, would be taken for all numbers.
        bool known = ValueCount == 0 ? found.IsEmpty : found.IndexOfAnyExceptInRange(0, ValueCount - 1) < 0;
        return known ? found : throw Damaged(row);
    }

    /// <summary>Texts of the values of a row.</summary>
    public IReadOnlyList<string> ValuesAt(int row)
    {
        ReadOnlySpan<int> found = CodesAt(row);
        string[] texts = new string[found.Length];
        for (int i = 0; i < texts.Length; i++) texts[i] = Value(found[i]);
        return texts;
    }

    /// <summary>The first name that two attributes of a list have, or null.</summary>
    internal static string? FirstRepeatedName(IReadOnlyList<CategoricalAttribute> attributes) =>
        attributes.GroupBy(attribute => attribute.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;

    private InvalidInputException Damaged(int row) =>
        new($"row {row:N0} of the attribute '{Name}' is damaged; copy the store again or prepare the data again");
}
