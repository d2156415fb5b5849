using System.Numerics;
using Sequor.Data;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>An immutable set of a catalogue's items, a bit an item.</summary>
public sealed class ItemSet
{
    // The lane layout of the blocks: bit l of word b is item 64·b + l + 1. Bits behind the last item are 0.
    private readonly ulong[] _words;

    private ItemSet(int itemCount, ulong[] words)
    {
        ItemCount = itemCount;
        _words = words;
        foreach (ulong word in words) Count += BitOperations.PopCount(word);
    }

    /// <summary>Catalogue size, X; items are 1 … X.</summary>
    public int ItemCount { get; }

    /// <summary>Items in the set.</summary>
    public int Count { get; }

    /// <summary>One word a block.</summary>
    internal ReadOnlySpan<ulong> Words => _words;

    /// <summary>The set of these items; order and repeats do not matter.</summary>
    /// <param name="itemCount">Catalogue size, X.</param>
    /// <param name="items">Item indices 1 … X.</param>
    /// <exception cref="ArgumentException">An item is not in the catalogue.</exception>
    public static ItemSet Of(int itemCount, ReadOnlySpan<int> items)
    {
        ulong[] words = Empty(itemCount);
        int stranger = items.IndexOfAnyExceptInRange(1, itemCount);
        if (stranger >= 0) throw new ArgumentException($"item index {items[stranger]} must lie in 1 … {itemCount}", nameof(items));
        foreach (int item in items) words[(item - 1) / ItemBlock.Items] |= 1ul << (item - 1);
        return new ItemSet(itemCount, words);
    }

    /// <summary>The items that have at least one of the values.</summary>
    /// <param name="attribute">An attribute of the items: its row r is item r + 1.</param>
    /// <param name="codes">Codes of values, 0 … V − 1.</param>
    /// <exception cref="ArgumentException">The attribute has no such value.</exception>
    /// <exception cref="InvalidInputException">The codes of a row are damaged.</exception>
    public static ItemSet WithAny(CategoricalAttribute attribute, ReadOnlySpan<int> codes)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        int stranger = codes.IndexOfAnyExceptInRange(0, attribute.ValueCount - 1);
        if (stranger >= 0) throw new ArgumentException($"code {codes[stranger]} of the attribute '{attribute.Name}' must lie in 0 … {attribute.ValueCount - 1}", nameof(codes));
        bool[] wanted = new bool[attribute.ValueCount];
        foreach (int code in codes) wanted[code] = true;
        ulong[] words = Empty(attribute.RowCount);
        for (int row = 0; row < attribute.RowCount; row++)
            foreach (int code in attribute.CodesAt(row))
                if (wanted[code]) words[row / ItemBlock.Items] |= 1ul << row;
        return new ItemSet(attribute.RowCount, words);
    }

    /// <summary>Whether the item is in the set; no item outside the catalogue is.</summary>
    public bool Contains(int item) => (uint)(item - 1) < (uint)ItemCount && (_words[(item - 1) / ItemBlock.Items] >> (item - 1) & 1) != 0;

    /// <summary>The items that are in both sets.</summary>
    /// <exception cref="ArgumentException">The sets are of catalogues of different sizes.</exception>
    public ItemSet And(ItemSet other) => Combine(other, (left, right) => left & right);

    /// <summary>The items that are in one of the sets, or both.</summary>
    /// <exception cref="ArgumentException">The sets are of catalogues of different sizes.</exception>
    public ItemSet Or(ItemSet other) => Combine(other, (left, right) => left | right);

    /// <summary>The items that are not in the set.</summary>
    public ItemSet Not()
    {
        ulong[] words = Array.ConvertAll(_words, word => ~word);
        if (ItemCount % ItemBlock.Items != 0) words[^1] &= (1ul << ItemCount) - 1;
        return new ItemSet(ItemCount, words);
    }

    /// <summary>The places, from 1 on, of a list of this catalogue's items that hold one of the set.</summary>
    internal ItemSet PlacesIn(ReadOnlySpan<int> items)
    {
        ulong[] words = Empty(items.Length);
        for (int i = 0; i < items.Length; i++)
            if (Contains(items[i])) words[i / ItemBlock.Items] |= 1ul << i;
        return new ItemSet(items.Length, words);
    }

    private static ulong[] Empty(int itemCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(itemCount);
        return new ulong[(itemCount + ItemBlock.Items - 1L) / ItemBlock.Items];
    }

    private ItemSet Combine(ItemSet other, Func<ulong, ulong, ulong> operation)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.ItemCount != ItemCount) throw new ArgumentException($"a set of {ItemCount} items meets one of {other.ItemCount}; both must be of one catalogue", nameof(other));
        return new ItemSet(ItemCount, [.. _words.Zip(other._words, operation)]);
    }
}
