namespace Sequor.Data;

/// <summary>How events are spread over the items that have any.</summary>
public sealed record PopularityStatistics
{
    /// <summary>Events of each item, shape (X + 1); entry 0 stands for padding.</summary>
    public required ReadOnlyMemory<long> Counts { get; init; }

    /// <summary>Items with events, n.</summary>
    public required int ItemCount { get; init; }

    /// <summary>Items with exactly one event.</summary>
    public required int SingleCount { get; init; }

    /// <summary>
    /// Gini coefficient over the items with events, 0 (all alike) to (n − 1) / n (all on one): Σ (2i − n − 1) c_i / (n Σ c_i), counts c_i
    /// ascending from i = 1; 0 without events.
    /// </summary>
    public required double Gini { get; init; }

    /// <summary>Share of events on the ⌈n / 100⌉ most popular items; 0 without events.</summary>
    public required double TopHundredthShare { get; init; }

    /// <summary>Share of events on the ⌈n / 10⌉ most popular items; 0 without events.</summary>
    public required double TopTenthShare { get; init; }

    /// <summary>Indices of the <paramref name="count"/> items with the most events, most first; at equal counts the smaller index.</summary>
    public IReadOnlyList<int> MostPopular(int count)
    {
        // The head of the queue is the one to give way.
        var best = new PriorityQueue<int, (long Count, int NegatedIndex)>();
        ReadOnlySpan<long> counts = Counts.Span;
        for (int item = 1; item < counts.Length; item++)
        {
            if (counts[item] == 0) continue;
            best.Enqueue(item, (counts[item], -item));
            if (best.Count > count) best.Dequeue();
        }

        int[] items = new int[best.Count];
        for (int place = items.Length - 1; place >= 0; place--) items[place] = best.Dequeue();
        return items;
    }

    /// <summary>From the events of each item.</summary>
    internal static PopularityStatistics Of(long[] counts)
    {
        long[] ascending = Array.FindAll(counts, count => count > 0);
        Array.Sort(ascending);
        int items = ascending.Length;
        double events = 0, weighted = 0;
        for (int i = 0; i < items; i++)
        {
            events += ascending[i];
            weighted += (2.0 * (i + 1) - items - 1) * ascending[i];
        }

        int singles = Array.FindIndex(ascending, count => count > 1);
        return new PopularityStatistics
        {
            Counts = counts,
            ItemCount = items,
            SingleCount = singles < 0 ? items : singles,
            Gini = items == 0 ? 0 : weighted / (items * events),
            TopHundredthShare = TopShare(100),
            TopTenthShare = TopShare(10),
        };

        double TopShare(int part)
        {
            long top = 0;
            for (int i = 0; i < (items + part - 1) / part; i++) top += ascending[items - 1 - i];
            return items == 0 ? 0 : top / events;
        }
    }
}
