using Sequor.Data;

namespace Sequor.Preparation.Appending;

/// <summary>
/// A catalogue with new items behind its own. What it knows of its own items stays; what it does not know of them (a title, the values of an
/// attribute) is taken from the items file, as all is for new ones. Codes of values are numbered anew, in ordinal order of their text.
/// </summary>
internal static class GrownCatalogue
{
    /// <summary>A copy that views nothing of the old catalogue.</summary>
    public static ItemVocabulary Of(ItemVocabulary known, IReadOnlyList<string> added, ItemVocabulary? listed)
    {
        int count = known.Count + added.Count;
        int[] places = new int[count];
        for (int row = 0; row < count && listed is not null; row++) listed.TryGetIndex(Id(row), out places[row]);
        bool titled = known.HasTitles || listed is { HasTitles: true };
        string[] names = [.. known.Attributes.Concat(listed?.Attributes ?? []).Select(attribute => attribute.Name).Distinct()];
        return ItemVocabulary.Create(
            new CountedRows<string>(count, Id),
            titled ? new CountedRows<string?>(count, Title) : null,
            [.. names.Select(name => CategoricalAttribute.Create(name, new CountedRows<IReadOnlyList<string>>(count, Values(name))))]);

        string Id(int row) => row < known.Count ? known.Id(row + 1) : added[row - known.Count];

        string? Title(int row) => (row < known.Count ? known.Title(row + 1) : null) ?? (places[row] > 0 ? listed!.Title(places[row]) : null);

        Func<int, IReadOnlyList<string>> Values(string name)
        {
            CategoricalAttribute? own = Find(known, name), other = listed is null ? null : Find(listed, name);
            return row =>
            {
                IReadOnlyList<string> values = own is not null && row < known.Count ? own.ValuesAt(row) : [];
                return values.Count == 0 && other is not null && places[row] > 0 ? other.ValuesAt(places[row] - 1) : values;
            };
        }
    }

    /// <summary>Attributes of users, of whom the new ones have no values; a copy too.</summary>
    public static IReadOnlyList<CategoricalAttribute> OfUsers(IReadOnlyList<CategoricalAttribute> known, int userCount) =>
    [
        .. known.Select(attribute => CategoricalAttribute.Create(
            attribute.Name, new CountedRows<IReadOnlyList<string>>(userCount, user => user < attribute.RowCount ? attribute.ValuesAt(user) : []))),
    ];

    private static CategoricalAttribute? Find(ItemVocabulary items, string name) => items.Attributes.FirstOrDefault(attribute => attribute.Name == name);
}
