namespace Sequor.Retrieval;

/// <summary>
/// What the answer of each query may not hold: a sorted list of distinct items, and all items outside the set that it is chosen from, where
/// there is one.
/// </summary>
public sealed class ExcludedItems
{
    private readonly List<int> _starts = [0];
    private readonly List<ItemSet?> _among = [];
    private int[] _items = new int[256];
    private int _count;

    /// <summary>Queries that have a list.</summary>
    public int QueryCount => _starts.Count - 1;

    /// <summary>The list of a query, ascending.</summary>
    public ReadOnlySpan<int> this[int query] => _items.AsSpan(_starts[query], _starts[query + 1] - _starts[query]);

    /// <summary>Whether a query has a set to choose from.</summary>
    internal bool HasSets { get; private set; }

    /// <summary>The lists, one a query.</summary>
    internal ExcludedLists Lists => new(this, 0, 1);

    /// <summary>The set that a query's answer is chosen from; null where it is the whole catalogue.</summary>
    public ItemSet? Among(int query) => _among[query];

    /// <summary>Forgets all lists.</summary>
    public void Clear()
    {
        _starts.RemoveRange(1, _starts.Count - 1);
        _among.Clear();
        HasSets = false;
        _count = 0;
    }

    /// <summary>Appends the list of the next query; order and repeats do not matter.</summary>
    /// <param name="items">Items that its answer may not hold.</param>
    /// <param name="among">The items that its answer is chosen from, as if there were no others; the whole catalogue when null.</param>
    public void Add(ReadOnlySpan<int> items, ItemSet? among = null)
    {
        if (_items.Length < _count + items.Length) Array.Resize(ref _items, Math.Max(_items.Length * 2, _count + items.Length));
        Span<int> list = _items.AsSpan(_count, items.Length);
        items.CopyTo(list);
        list.Sort();
        int kept = 0;
        for (int i = 0; i < list.Length; i++)
            if (i == 0 || list[i] != list[i - 1]) list[kept++] = list[i];
        _count += kept;
        _starts.Add(_count);
        _among.Add(among);
        HasSets |= among is not null;
    }

    /// <summary>How many items a query may be answered with, of its set and not in its list.</summary>
    internal int Left(int query, int itemCount)
    {
        int left = Among(query)?.Count ?? itemCount;
        foreach (int item in this[query])
            if (Among(query)?.Contains(item) ?? (uint)(item - 1) < (uint)itemCount) left--;
        return left;
    }
}
