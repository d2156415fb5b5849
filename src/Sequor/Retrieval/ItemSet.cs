namespace Sequor.Retrieval;

/// <summary>An immutable set of items.</summary>
public sealed class ItemSet
{
    private readonly HashSet<int> _items = [];

    /// <summary>Catalogue size, X.</summary>
    public int ItemCount { get; init; }

    /// <summary>Makes a set.</summary>
    public static ItemSet Of(int itemCount, ReadOnlySpan<int> items)
    {
        var set = new ItemSet { ItemCount = itemCount };
        foreach (int item in items) set._items.Add(item);
        return set;
    }

    /// <summary>Whether the item is in it.</summary>
    public bool Contains(int item) => _items.Contains(item);
}
