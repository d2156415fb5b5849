using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Retrieval;

/// <summary>
/// About K′ items by one dot product an item above a threshold, the quantile of a random sample (h-indexer, arXiv 2306.04039): one linear pass, and
/// nothing is sorted.
/// </summary>
internal sealed unsafe class ThresholdCandidates : CandidateSource
{
    // The number of survivors varies by one in √64 of itself, whatever the catalogue's size.
    private const int ExpectedInSample = 64;
    private const int LeastSample = 4096;
    private readonly int _itemCount, _count, _rank;
    private readonly int[] _sampled;
    private readonly MixtureQueries? _sums;
    private readonly DotTopKScan _sample;
    private readonly RangeScan _range;
    private readonly ExcludedItems _lists = new();
    private int[] _items = [], _ranks = [], _places = [];
    private float[] _scores = [], _bars = [];

    /// <param name="vectors">A vector an item.</param>
    /// <param name="sample">Those of the sample, float32.</param>
    /// <param name="sampled">The items of the sample, ascending.</param>
    /// <param name="count">K′.</param>
    /// <param name="layout">Of a mixture's queries, whose components are summed; null where queries are vectors.</param>
    /// <param name="workers">Threads.</param>
    internal ThresholdCandidates(ItemBlocks vectors, ItemBlocks sample, int[] sampled, int count, MixtureLayout? layout, WorkerPool workers)
    {
        (_itemCount, _count, _sampled) = (vectors.ItemCount, count, sampled);
        _rank = count >= _itemCount ? 0 : (int)Math.Max(1, Math.Round((double)count * sample.ItemCount / _itemCount));
        _sums = layout is { } mixture ? new MixtureQueries(mixture) : null;
        _sample = new DotTopKScan(sample, workers);
        _range = new RangeScan(vectors, workers);
    }

    /// <summary>A sample of the size that K′ = <paramref name="count"/> needs: one item out of each of as many equal runs of the catalogue.</summary>
    internal static int[] Sample(int itemCount, int count)
    {
        int size = (int)Math.Min(itemCount, Math.Max(LeastSample, (long)ExpectedInSample * itemCount / count));
        var random = new CounterRandom(0, RandomPurpose.IndexSample, 0);
        var items = new int[size];
        for (int i = 0; i < size; i++)
        {
            int first = (int)((long)itemCount * i / size), end = (int)((long)itemCount * (i + 1) / size);
            items[i] = first + random.Below(end - first, (ulong)i) + 1;
        }
        return items;
    }

    internal override void Add(Matrix queries, ExcludedLists excluded, CandidateRanking candidates)
    {
        Matrix vectors = _sums is null ? queries : _sums.Sums(queries);
        int n = queries.Rows, rank = 0;
        if (_bars.Length < n) (_bars, _ranks) = (new float[n], new int[n]);
        Array.Fill(_bars, float.NegativeInfinity);
        _lists.Clear();
        for (int q = 0; q < n; q++) rank = Math.Max(rank, _ranks[q] = Rank(excluded, q));
        if (rank > 0)
        {
            int places = n * rank;
            if (_items.Length < places) (_items, _scores) = (new int[places], new float[places]);
            _scores.AsSpan(0, places).Fill(float.NegativeInfinity);
            fixed (int* items = _items)
            fixed (float* scores = _scores)
                _sample.Run(vectors, _lists.Lists, rank, rank, items, scores);
            // Items at the threshold pass.
            for (int q = 0; q < n; q++)
                if (_ranks[q] > 0) _bars[q] = MathF.BitDecrement(_scores[q * rank + _ranks[q] - 1]);
        }
        _range.Run(vectors, excluded, _bars, lowers: false, candidates);
    }

    public override void Dispose() => _sums?.Dispose();

    // The place in the sample of a query's threshold, 0 where all items pass; and which of the sample it is a place among.
    private int Rank(ExcludedLists excluded, int query)
    {
        if (excluded.Among(query) is not { } set)
        {
            _lists.Add([]);
            return _rank;
        }
        ReadOnlySpan<int> list = excluded[query];
        if (_places.Length < list.Length) _places = new int[list.Length];
        ItemSet sample = set.PlacesIn(_sampled);
        int count = 0, left = set.Count, leftInSample = sample.Count;
        foreach (int item in list)
        {
            if (!set.Contains(item)) continue;
            left--;
            int place = Array.BinarySearch(_sampled, item);
            if (place < 0) continue;
            _places[count++] = place + 1;
            leftInSample--;
        }
        _lists.Add(_places.AsSpan(0, count), sample);
        return left <= _count ? 0 : (int)Math.Max(1, Math.Round((double)_count * leftInSample / left));
    }
}
