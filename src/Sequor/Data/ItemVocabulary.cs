namespace Sequor.Data;

/// <summary>The only converter between external item ids (what users know) and item indices 1..X (rows of tables; 0 is padding).</summary>
public sealed class ItemVocabulary
{
    internal ItemVocabulary(Utf8Table ids, Utf8Table? titles, IReadOnlyList<CategoricalAttribute> attributes)
    {
        Ids = ids;
        Titles = titles;
        Attributes = attributes;
    }

    /// <summary>Catalogue size X.</summary>
    public int Count => Ids.Count;

    /// <summary>Whether the source listed titles.</summary>
    public bool HasTitles => Titles is not null;

    /// <summary>What the source told of the items beside id and title; empty when it told nothing.</summary>
    public IReadOnlyList<CategoricalAttribute> Attributes { get; }

    internal Utf8Table Ids { get; }

    internal Utf8Table? Titles { get; }

    /// <summary>Gives the ids the indices 1, 2, … in the order of the list; titles and attributes, when given, stand in the same order.</summary>
    /// <exception cref="InvalidInputException">An id or the name of an attribute is empty or stands twice, or the lists differ in length.</exception>
    public static ItemVocabulary Create(
        IReadOnlyCollection<string> ids, IReadOnlyCollection<string?>? titles = null, IReadOnlyList<CategoricalAttribute>? attributes = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (titles is not null && titles.Count != ids.Count)
        {
            throw new InvalidInputException(
                $"the catalogue has {ids.Count:N0} item ids but {titles.Count:N0} titles; give one title (or null) for each id");
        }

        if (ids.Any(string.IsNullOrEmpty))
        {
            throw new InvalidInputException("the catalogue has an item with an empty id; every item needs an id of its own");
        }

        var table = Utf8Table.From(ids);
        if (table.FirstDuplicate is var row and >= 0)
        {
            throw new InvalidInputException($"item id '{table.Text(row)}' stands twice in the catalogue; ids must be unique");
        }

        attributes ??= [];
        foreach (CategoricalAttribute attribute in attributes)
        {
            if (attribute.RowCount != ids.Count)
            {
                throw new InvalidInputException(
                    $"the catalogue has {ids.Count:N0} item ids but attribute '{attribute.Name}' knows {attribute.RowCount:N0} items; give every item its values, or none");
            }
        }

        if (CategoricalAttribute.FirstRepeatedName(attributes) is { } repeated)
        {
            throw new InvalidInputException($"item attribute '{repeated}' stands twice; names must be unique");
        }

        return new ItemVocabulary(table, titles is null ? null : Utf8Table.From(titles.Select(title => title ?? "")), attributes);
    }

    /// <summary>External id of the item at an index 1..X.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is 0 (padding) or beyond X.</exception>
    public string Id(int index) => Ids.Text(Row(index));

    /// <summary>Title of the item at an index 1..X, or null when it has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is 0 (padding) or beyond X.</exception>
    public string? Title(int index)
    {
        int row = Row(index);
        return Titles is null || Titles[row].IsEmpty ? null : Titles.Text(row);
    }

    /// <summary>Finds the index 1..X of an external id; 0 when the catalogue does not list it.</summary>
    public bool TryGetIndex(ReadOnlySpan<char> id, out int index)
    {
        bool found = Ids.TryFind(id, out int row);
        index = row + 1;
        return found;
    }

    private int Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, Count);
        return index - 1;
    }
}
