namespace Sequor.Serving;

/// <summary>How much of a catalogue has been recommended at least once since the model was loaded. Thread-safe.</summary>
public sealed class CatalogueCoverage
{
    private readonly long[] _seen;
    private readonly int _itemCount;
    private int _distinct;

    internal CatalogueCoverage(int itemCount)
    {
        _itemCount = itemCount;
        _seen = new long[itemCount / 64 + 1];
    }

    /// <summary>Different items that were recommended.</summary>
    public int DistinctItems => Volatile.Read(ref _distinct);

    /// <summary>Share of the catalogue, 0 … 1.</summary>
    public double Share => (double)DistinctItems / _itemCount;

    internal void Add(IReadOnlyList<Recommendation> recommended)
    {
        for (int i = 0; i < recommended.Count; i++)
        {
            int item = recommended[i].ItemIndex;
            long bit = 1L << item;
            if ((Volatile.Read(ref _seen[item / 64]) & bit) == 0 && (Interlocked.Or(ref _seen[item / 64], bit) & bit) == 0) Interlocked.Increment(ref _distinct);
        }
    }
}
