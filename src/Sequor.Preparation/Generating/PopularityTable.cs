using System.Numerics;

namespace Sequor.Preparation.Generating;

/// <summary>An item of a genre with what a draw wants to know of it, in one cache line: the sum of weights up to it and the item.</summary>
internal readonly record struct PopularItem(double Cumulative, int Item, byte Season, bool IsSequel);

/// <summary>
/// Items by weight. A draw takes the first item whose cumulative weight exceeds a uniform value, as a binary search would find it; a
/// guide with a bucket an item says where to begin, so that a draw touches two cache lines and not one for every halving.
/// </summary>
internal sealed class PopularityTable
{
    private readonly PopularItem[] items;
    private readonly int[] guide;
    private readonly double total;
    private readonly double bucketsPerWeight;

    /// <summary>Takes items whose cumulative weights rise.</summary>
    public PopularityTable(PopularItem[] items)
    {
        this.items = items;
        total = items.Length == 0 ? 0 : items[^1].Cumulative;
        guide = new int[BitOperations.RoundUpToPowerOf2((uint)items.Length)];
        bucketsPerWeight = guide.Length / total;
        // Bucket is monotone, so what lies in an earlier bucket than a value is smaller than the value.
        for (int bucket = 0, first = 0; bucket < guide.Length; bucket++)
        {
            while (first < items.Length && Bucket(items[first].Cumulative) < bucket) first++;
            guide[bucket] = first;
        }
    }

    /// <summary>Whether there is nothing to draw.</summary>
    public bool IsEmpty => items.Length == 0;

    /// <summary>Draws one item.</summary>
    public ref readonly PopularItem Draw(SyntheticRandom random)
    {
        double value = random.NextUnit() * total;
        int place = guide[Bucket(value)];
        while (place < items.Length - 1 && items[place].Cumulative <= value) place++;
        return ref items[place];
    }

    private int Bucket(double value) => Math.Min((int)(value * bucketsPerWeight), guide.Length - 1);
}
