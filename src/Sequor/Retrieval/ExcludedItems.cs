namespace Sequor.Retrieval;

/// <summary>Items that must not be recommended, a sorted list of distinct indices a query.</summary>
public sealed class ExcludedItems
{
    private readonly List<int> _starts = [0];
    private int[] _items = new int[256];
    private int _count;

    /// <summary>Queries that have a list.</summary>
    public int QueryCount => _starts.Count - 1;

    /// <summary>The list of a query, ascending.</summary>
    public ReadOnlySpan<int> this[int query] => _items.AsSpan(_starts[query], _starts[query + 1] - _starts[query]);

    /// <summary>The lists, one a query.</summary>
    internal ExcludedLists Lists => new(this, 0, 1);

    /// <summary>Forgets all lists.</summary>
    public void Clear()
    {
        _starts.RemoveRange(1, _starts.Count - 1);
        _count = 0;
    }

    /// <summary>Appends the list of the next query; order and repeats do not matter.</summary>
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
    }
}
