using System.Globalization;
using Sequor.Data;

namespace Sequor.Artifacts;

/// <summary>Which item of a catalogue stands at which row of an item table; row 0 and index 0 are padding.</summary>
public sealed class ItemRows
{
    // Tables by id have gaps (MovieLens-20M: five rows an item); one that would be nearly all gaps has ids that are not meant as rows.
    private const long MostRowsPerItem = 16;

    // Null when rows are indices.
    private readonly Dictionary<long, int>? _indexOfRow;
    private readonly int _itemCount;

    private ItemRows(int itemCount)
    {
        _itemCount = itemCount;
        Count = itemCount + 1L;
    }

    private ItemRows(int[] rowOfIndex)
    {
        _itemCount = rowOfIndex.Length - 1;
        _indexOfRow = new Dictionary<long, int>(rowOfIndex.Length);
        for (int index = 0; index < rowOfIndex.Length; index++) _indexOfRow.Add(rowOfIndex[index], index);
        Count = rowOfIndex.Max() + 1L;
    }

    /// <summary>The rule.</summary>
    public ItemRowRule Rule => _indexOfRow is null ? ItemRowRule.Index : ItemRowRule.Id;

    /// <summary>Rows of the smallest table that has one for every item.</summary>
    public long Count { get; }

    /// <summary>Rows as an artefact has them.</summary>
    public static ItemRows ByIndex(int itemCount) => new(itemCount);

    /// <summary>Rows by the numbers that the external ids are.</summary>
    /// <exception cref="InvalidInputException">An id is not a positive whole number in its plain form.</exception>
    public static ItemRows ById(ItemVocabulary items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return TryById(items, out string stranger)
            ?? throw new InvalidInputException($"item id '{stranger}' is not a whole number from 1 on, so it names no row of a table; use --item-rows index");
    }

    /// <summary>The rows of a table that exists, by the given rule, or else by the one that fits.</summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="tableRows">Rows of the table.</param>
    /// <param name="rule">The rule; null to detect it. At most one fits, up to order: by id the table reaches the largest id, by index it has a row an item and row 0.</param>
    /// <exception cref="InvalidInputException">The table does not fit the rule, or fits none.</exception>
    public static ItemRows Of(ItemVocabulary items, long tableRows, ItemRowRule? rule = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        ItemRows? byId = rule switch { ItemRowRule.Index => null, ItemRowRule.Id => ById(items), _ => TryById(items, out _) };
        if (byId is not null && byId.Count <= tableRows) return byId;
        if (rule != ItemRowRule.Id && tableRows == items.Count + 1L) return ByIndex(items.Count);
        string[] expectations =
        [
            .. rule != ItemRowRule.Id ? new[] { $"by index it has {items.Count + 1L}" } : [],
            .. byId is not null ? new[] { $"by id it has at least {byId.Count}" } : [],
        ];
        throw new InvalidInputException(
            $"the item table has {tableRows} rows and the store {items.Count} items: {string.Join(", ", expectations)}; prepare the store with the catalogue that the weights were trained on");
    }

    /// <summary>The rows to write a table by when nothing else is known: by id if the ids are numbers that leave few gaps.</summary>
    public static ItemRows Natural(ItemVocabulary items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return TryById(items, out _) is { } byId && byId.Count <= MostRowsPerItem * (items.Count + 1L) ? byId : ByIndex(items.Count);
    }

    /// <summary>Index 0 … X of the item at a row; false when there is none.</summary>
    public bool TryGetIndex(long row, out int index)
    {
        if (_indexOfRow is not null) return _indexOfRow.TryGetValue(row, out index);
        index = row <= _itemCount ? (int)row : 0;
        return row <= _itemCount;
    }

    private static ItemRows? TryById(ItemVocabulary items, out string stranger)
    {
        var rows = new int[items.Count + 1];
        for (int index = 1; index < rows.Length; index++)
        {
            stranger = items.Id(index);
            // The plain form alone: 7 and 007 are two ids and would be one row.
            if (!int.TryParse(stranger, NumberStyles.None, CultureInfo.InvariantCulture, out rows[index]) || rows[index] == 0 || stranger[0] == '0') return null;
        }

        stranger = "";
        return new ItemRows(rows);
    }
}
