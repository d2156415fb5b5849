using System.Numerics;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>
/// The second stage of a search: sets of candidates, a bit an item and query, so that finding one twice costs nothing; each is scored once by the
/// model's own score and the best k are kept.
/// </summary>
internal sealed unsafe class CandidateRanking : IDisposable
{
    private readonly ItemScorer _scorer;
    private readonly WorkerPool _workers;
    private readonly Action<int> _scorePiece;
    private readonly List<TopKHeap> _heaps = [];
    private readonly int _words;
    private NativeBuffer _bits = new(0);
    private int[] _counts = [];
    private Matrix _queries;
    private int _k, _segments;

    internal CandidateRanking(ItemScorer scorer, int itemCount, WorkerPool workers)
    {
        _scorer = scorer;
        _workers = workers;
        _words = (itemCount + ItemBlock.Items - 1) / ItemBlock.Items;
        _scorePiece = ScorePiece;
    }

    /// <summary>Begins anew without candidates; the best <paramref name="k"/> of each query are wanted.</summary>
    internal void Begin(Matrix queries, int k)
    {
        (_queries, _k) = (queries, k);
        int n = queries.Rows;
        // Cut so that few queries keep all threads busy; what is found does not depend on it.
        _segments = Math.Clamp(4 * _workers.ThreadCount / n, 1, (_words + 7) / 8);
        long floats = 4L * n * _words;
        if (_bits.Length < floats)
        {
            _bits.Dispose();
            _bits = new NativeBuffer(floats, clear: false);
        }
        new Span<ulong>(Wanted(0), n * _words).Clear();
        new Span<ulong>(Scored(0), n * _words).Clear();
        if (_counts.Length < n * _segments) _counts = new int[n * _segments];
        _counts.AsSpan(0, n * _segments).Clear();
        while (_heaps.Count < n * _segments) _heaps.Add(new TopKHeap());
        for (int i = 0; i < n * _segments; i++) _heaps[i].Begin(k);
    }

    /// <summary>Adds lanes of a block; two threads must not add to the same block of a query.</summary>
    internal void Add(int query, int block, ulong lanes) => Wanted(query)[block] |= lanes;

    /// <summary>Adds items, up to the first 0.</summary>
    internal void Add(int query, int* items, int count)
    {
        ulong* bits = Wanted(query);
        for (int i = 0; i < count && items[i] > 0; i++) bits[(items[i] - 1) / ItemBlock.Items] |= 1ul << (items[i] - 1);
    }

    /// <summary>Adds all items of a set but those of a list.</summary>
    internal void AddAll(int query, ItemSet set, ReadOnlySpan<int> excluded)
    {
        ulong* bits = Wanted(query);
        for (int word = 0; word < _words; word++) bits[word] |= set.Words[word];
        foreach (int item in excluded)
            if (set.Contains(item)) bits[(item - 1) / ItemBlock.Items] &= ~(1ul << (item - 1));
    }

    /// <summary>Scores the candidates that have not been scored.</summary>
    internal void Score()
    {
        _workers.Run(_queries.Rows * _segments, _scorePiece);
        for (int q = 0; q < _queries.Rows; q++)
        {
            TopKHeap best = _heaps[q * _segments];
            for (int i = 1; i < _segments; i++)
            {
                best.Merge(_heaps[q * _segments + i]);
                _heaps[q * _segments + i].Begin(_k);
            }
        }
    }

    /// <summary>The float below the k-th best score of a query; −∞ where fewer than k are scored.</summary>
    internal float Floor(int query) => _heaps[query * _segments].Floor();

    /// <summary>Candidates of a query that were scored.</summary>
    internal int Count(int query)
    {
        int count = 0;
        for (int i = 0; i < _segments; i++) count += _counts[query * _segments + i];
        return count;
    }

    /// <summary>Writes the best of a query, best first.</summary>
    internal void Take(int query, int* items, float* scores) => _ = _heaps[query * _segments].Take(items, scores);

    public void Dispose() => _bits.Dispose();

    private ulong* Wanted(int query) => (ulong*)_bits.Pointer + (long)query * _words;

    private ulong* Scored(int query) => Wanted(_queries.Rows + query);

    private void ScorePiece(int piece)
    {
        int query = piece / _segments, segment = piece % _segments, count = 0, all = 0;
        int first = (int)((long)_words * segment / _segments), end = (int)((long)_words * (segment + 1) / _segments);
        ulong* wanted = Wanted(query), scored = Scored(query);
        float* scores = Scratch.Take(ItemBlock.Items + _scorer.MemorySize), memory = scores + ItemBlock.Items;
        TopKHeap heap = _heaps[piece];
        Span<int> items = stackalloc int[ItemBlock.Items];
        for (int word = first; word < end; word++)
        {
            for (ulong lanes = wanted[word] & ~scored[word]; lanes != 0; lanes &= lanes - 1)
            {
                items[count++] = word * ItemBlock.Items + BitOperations.TrailingZeroCount(lanes) + 1;
                if (count < ItemBlock.Items) continue;
                Push(query, items, memory, scores, heap);
                all += count;
                count = 0;
            }
            scored[word] = wanted[word];
        }
        if (count > 0) Push(query, items[..count], memory, scores, heap);
        _counts[piece] += all + count;
    }

    private void Push(int query, ReadOnlySpan<int> items, float* memory, float* scores, TopKHeap heap)
    {
        _scorer.Score(_queries.Row(query), items, memory, scores);
        for (int i = 0; i < items.Length; i++)
            if (scores[i] >= heap.Threshold && scores[i] > float.NegativeInfinity) heap.Push(scores[i], items[i]);
    }
}
