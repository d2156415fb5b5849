using System.Text;
using Sequor.Data;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;
using Sequor.Preparation.Sets;

namespace Sequor.Preparation.Appending;

/// <summary>The items of new rows in the catalogue of a store, and those that it must grow by.</summary>
internal sealed class AppendedItems
{
    /// <summary>Finds the items of the rows; new ones follow in the order of their ids.</summary>
    /// <param name="store">The store.</param>
    /// <param name="table">The new rows, for messages.</param>
    /// <param name="rows">The new rows.</param>
    /// <param name="listed">The items file; all its items belong to the catalogue. Null when there is none.</param>
    /// <exception cref="InvalidInputException">A new item is not in the items file, though the store's catalogue or this file says more than ids.</exception>
    public AppendedItems(SequenceStore store, RatingsTable table, Interactions rows, ItemVocabulary? listed)
    {
        Indices = new int[rows.ItemIds.Count];
        bool mustBeListed = listed is not null || store.Items.HasTitles || store.Items.Attributes.Count > 0;
        rows.ItemIds.ForEach((code, place) =>
        {
            string id = Encoding.UTF8.GetString(rows.ItemIds.At(place));
            if (store.Items.TryGetIndex(id, out Indices[code]) || !mustBeListed || listed?.TryGetIndex(id, out _) == true) return;
            throw new InvalidInputException(listed is null
                ? $"item '{id}' is new, and the store's items have {(store.Items.HasTitles ? "titles" : "attributes")}; list it in an items file (--items FILE) {SourceLine.Where(table, rows.FirstRows[code])}"
                : $"item '{id}' is neither in the store nor among the {listed.Count:N0} items of the items file; list it there {SourceLine.Where(table, rows.FirstRows[code])}");
        });
        Added = listed is null ? Number(rows, store.Items.Count) : Number(rows, store, listed);
    }

    /// <summary>Index 1..X of each item code in the grown catalogue.</summary>
    public int[] Indices { get; }

    /// <summary>Ids of the new items, in the order of their indices.</summary>
    public IReadOnlyList<string> Added { get; }

    private string[] Number(Interactions rows, int knownCount)
    {
        var order = new IdOrder(rows.ItemIds, code => Indices[code] == 0);
        for (int code = 0; code < Indices.Length; code++)
        {
            if (order.Ranks[code] >= 0) Indices[code] = knownCount + order.Ranks[code] + 1;
        }

        return [.. Enumerable.Range(0, order.Count).Select(order.Id)];
    }

    private string[] Number(Interactions rows, SequenceStore store, ItemVocabulary listed)
    {
        var unknown = new List<ListedItem>();
        for (int item = 1; item <= listed.Count; item++)
        {
            if (!store.Items.TryGetIndex(listed.Id(item), out _)) unknown.Add(new ListedItem(listed.Id(item), null, []));
        }

        ItemVocabulary added = ItemList.Sort(unknown, titled: false, []);
        rows.ItemIds.ForEach((code, place) =>
        {
            if (Indices[code] == 0 && added.TryGetIndex(Encoding.UTF8.GetString(rows.ItemIds.At(place)), out int index)) Indices[code] = store.Items.Count + index;
        });
        return [.. Enumerable.Range(1, added.Count).Select(added.Id)];
    }
}
