using System.Collections.Concurrent;
using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>
/// Answers the queries of a batch that choose from a small set by scoring its members, which are then all candidates; the others are left to
/// the index, together. Thread-safe.
/// </summary>
/// <param name="scorer">The model's own score.</param>
/// <param name="itemCount">Catalogue size, X.</param>
/// <param name="candidates">Items that the index itself would score.</param>
/// <param name="workers">Threads.</param>
internal sealed class SetSearch(ItemScorer scorer, int itemCount, long candidates, WorkerPool workers) : IDisposable
{
    private readonly ConcurrentBag<Caller> _idle = [];

    /// <summary>How an index answers without looking at how large sets are.</summary>
    internal delegate void Scan(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores);

    /// <summary>Fills an answer that <see cref="SearchArguments.Begin"/> has readied.</summary>
    internal void Run(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores, Scan scan)
    {
        if (!excluded.HasSets)
        {
            scan(queries, excluded, k, items, scores);
            return;
        }
        if (!_idle.TryTake(out Caller? caller)) caller = new Caller(new CandidateRanking(scorer, itemCount, workers));
        caller.Run(queries, excluded, k, items, scores, scan, Largest(itemCount, candidates, queries.Rows));
        _idle.Add(caller);
    }

    /// <summary>
    /// The largest set whose members are scored one by one: a member costs some times what an item of a scan does, and the queries of a batch share what
    /// a scan reads.
    /// </summary>
    internal static long Largest(int itemCount, long candidates, int queries) =>
        Math.Max(candidates, Math.Max(itemCount / (queries == 1 ? 16 : 64), Math.Min(itemCount / 4, 4096)));

    public void Dispose()
    {
        while (_idle.TryTake(out Caller? caller)) caller.Dispose();
    }

    private sealed unsafe class Caller(CandidateRanking ranking) : IDisposable
    {
        private readonly ExcludedItems _lists = new();
        private NativeBuffer _rows = new(0);
        private int[] _places = [], _items = [];
        private float[] _scores = [];

        internal void Run(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores, Scan scan, long largest)
        {
            int n = queries.Rows, small = 0, large = n;
            if (_places.Length < n) _places = new int[n];
            // Small sets from the front, the others from the back, both in some order: company changes no answer.
            for (int q = 0; q < n; q++) _places[excluded.Among(q)?.Count <= largest ? small++ : --large] = q;
            for (int first = 0; first < small; first += CandidateIndex.Queries)
                ScoreMembers(queries, excluded, k, items, scores, _places.AsSpan(first, Math.Min(CandidateIndex.Queries, small - first)));
            if (small == 0) scan(queries, excluded, k, items, scores);
            else if (small < n) Leave(queries, excluded, k, items, scores, scan, _places.AsSpan(small, n - small));
        }

        public void Dispose()
        {
            ranking.Dispose();
            _rows.Dispose();
        }

        private void ScoreMembers(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores, ReadOnlySpan<int> places)
        {
            ranking.Begin(Gather(queries, places), Math.Min(k, excluded.Among(places[0])!.ItemCount));
            for (int i = 0; i < places.Length; i++) ranking.AddAll(i, excluded.Among(places[i])!, excluded[places[i]]);
            ranking.Score();
            fixed (int* found = items)
            fixed (float* foundScores = scores)
                for (int i = 0; i < places.Length; i++) ranking.Take(i, found + (long)places[i] * k, foundScores + (long)places[i] * k);
        }

        private void Leave(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores, Scan scan, ReadOnlySpan<int> places)
        {
            int room = places.Length * k;
            if (_items.Length < room) (_items, _scores) = (new int[room], new float[room]);
            _items.AsSpan(0, room).Clear();
            _scores.AsSpan(0, room).Fill(float.NegativeInfinity);
            _lists.Clear();
            foreach (int q in places) _lists.Add(excluded[q], excluded.Among(q));
            scan(Gather(queries, places), _lists, k, _items.AsSpan(0, room), _scores.AsSpan(0, room));
            for (int i = 0; i < places.Length; i++)
            {
                _items.AsSpan(i * k, k).CopyTo(items.Slice(places[i] * k, k));
                _scores.AsSpan(i * k, k).CopyTo(scores.Slice(places[i] * k, k));
            }
        }

        private Matrix Gather(Matrix queries, ReadOnlySpan<int> places)
        {
            long size = (long)places.Length * queries.Stride;
            if (_rows.Length < size)
            {
                _rows.Dispose();
                _rows = new NativeBuffer(size);
            }
            for (int i = 0; i < places.Length; i++)
                new ReadOnlySpan<float>(queries.Row(places[i]), queries.Stride).CopyTo(new Span<float>(_rows.Pointer + (long)i * queries.Stride, queries.Stride));
            return new Matrix(_rows.Pointer, null, places.Length, queries.Columns);
        }
    }
}
