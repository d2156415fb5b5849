namespace Sequor.Preparation.Generating;

/// <summary>A set of items as a bit each, emptied at the cost of what was put in.</summary>
internal sealed class SeenItems(int itemCount)
{
    private readonly ulong[] bits = new ulong[(itemCount + 63) / 64];
    private readonly List<int> items = [];

    /// <summary>Number of items.</summary>
    public int Count => items.Count;

    /// <summary>Whether an item 0..X-1 is in the set.</summary>
    public bool Contains(int item) => (bits[item >> 6] >> item & 1) != 0;

    /// <summary>Puts in an item that is not there yet.</summary>
    public void Add(int item)
    {
        bits[item >> 6] |= 1UL << item;
        items.Add(item);
    }

    /// <summary>Empties the set.</summary>
    public void Clear()
    {
        foreach (int item in items) bits[item >> 6] = 0;
        items.Clear();
    }
}
