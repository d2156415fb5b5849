using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Retrieval;

/// <summary>
/// Exact maximum inner product search over the whole catalogue (<c>MIPSBruteForceTopK</c>): top-k, and the rank of a target. Equal
/// scores are ordered by item index. Excluded items do not exist for their query.
/// </summary>
/// <remarks>
/// Items are kept in blocks of 64, transposed (D × 64 floats), so that a block's scores against all queries are one small matrix
/// product in cache. Reads X·D floats a batch of queries, 2·B·X·D FLOPs. Safe for concurrent callers.
/// </remarks>
public sealed unsafe class MipsBruteForce : IDisposable
{
    private const int BlockItems = 64;
    private const int MostPieces = 32;
    private readonly NativeBuffer _items;
    private readonly WorkerPool _workers;
    private readonly int _dim, _stride, _blockCount;

    /// <summary>Copies the model's items, normalised as the model scores them.</summary>
    public MipsBruteForce(RecommenderModel model, WorkerPool workers)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(workers);
        _workers = workers;
        ItemCount = model.ItemCount;
        Matrix table = model.Items.Value;
        (_dim, _stride) = (table.Columns, table.Stride);
        _blockCount = (ItemCount + BlockItems - 1) / BlockItems;
        _items = new NativeBuffer((long)_blockCount * _dim * BlockItems);
        float epsilon = (float)model.Config.L2NormEpsilon;
        bool normalize = model.Config.ItemL2Norm;
        workers.Run(_blockCount, block => CopyBlock(table, block, normalize, epsilon));
        GC.KeepAlive(model);
    }

    /// <summary>Catalogue size, X; items are 1 … X.</summary>
    public int ItemCount { get; }

    /// <summary>The best items of each query, best first.</summary>
    /// <param name="queries">Queries (B, D) in rows of <see cref="Matrix.Stride"/> floats.</param>
    /// <param name="excluded">One list a query.</param>
    /// <param name="k">Results a query.</param>
    /// <param name="items">Item indices (B, k); 0 where fewer than k items remain.</param>
    /// <param name="scores">Scores (B, k), float32.</param>
    public void Search(Matrix queries, ExcludedItems excluded, int k, Span<int> items, Span<float> scores)
    {
        Check(queries, excluded);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (items.Length != scores.Length || items.Length != (long)queries.Rows * k)
            throw new ArgumentException($"{queries.Rows} queries with k = {k} need {(long)queries.Rows * k} items and scores; {items.Length} and {scores.Length} are offered", nameof(items));
        int row = k;
        k = Math.Min(k, ItemCount);
        int pieces = Math.Min(MostPieces, _blockCount), n = queries.Rows;
        var heaps = new TopKHeap[pieces * n];
        _workers.Run(pieces, piece =>
        {
            for (int q = 0; q < n; q++) (heaps[piece * n + q] = new TopKHeap()).Begin(Math.Min(k, ((_blockCount / pieces) + 1) * BlockItems));
            Scan(piece, pieces, queries, excluded, (block, tile) =>
            {
                for (int q = 0; q < n; q++)
                {
                    TopKHeap heap = heaps[piece * n + q];
                    for (int lane = 0; lane < BlockItems; lane++)
                    {
                        float score = tile[q * BlockItems + lane];
                        if (score >= heap.Threshold && score > float.NegativeInfinity) heap.Push(score, block * BlockItems + lane + 1);
                    }
                }
            });
        });
        items.Clear();
        scores.Fill(float.NegativeInfinity);
        var merged = new TopKHeap();
        for (int q = 0; q < n; q++)
        {
            merged.Begin(k);
            for (int piece = 0; piece < pieces; piece++) merged.Merge(heaps[piece * n + q]);
            merged.Take(items.Slice(q * row, row), scores.Slice(q * row, row));
        }
    }

    /// <summary>
    /// The exact rank of each query's target: 1 + the items that are not excluded and score higher, or equal with a lower index. A
    /// target (B, in 1 … X) that is itself excluded, or whose score is not a number, can never be found and ranks X + 1.
    /// </summary>
    public void Rank(Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, Span<int> ranks)
    {
        Check(queries, excluded);
        if (targets.Length != queries.Rows || ranks.Length < queries.Rows)
            throw new ArgumentException($"{queries.Rows} queries need as many targets and ranks; {targets.Length} and {ranks.Length} are offered", nameof(targets));
        int stranger = targets.IndexOfAnyExceptInRange(1, ItemCount);
        if (stranger >= 0) throw new ArgumentException($"target {targets[stranger]} must lie in 1 … {ItemCount}", nameof(targets));
        int n = queries.Rows, pieces = Math.Min(MostPieces, _blockCount);
        int[] target = targets.ToArray(), above = new int[n];
        float[] score = new float[n];
        for (int q = 0; q < n; q++) score[q] = Score(queries.Row(q), target[q]);
        _workers.Run(pieces, piece => Scan(piece, pieces, queries, excluded, (block, tile) =>
        {
            for (int q = 0; q < n; q++)
            {
                int count = CountAbove(tile + q * BlockItems, block * BlockItems + 1, score[q], target[q]);
                if (count != 0) Interlocked.Add(ref above[q], count);
            }
        }));
        for (int q = 0; q < n; q++) ranks[q] = excluded[q].BinarySearch(target[q]) >= 0 || float.IsNaN(score[q]) ? ItemCount + 1 : 1 + above[q];
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose() => _items.Dispose();

    private void Check(Matrix queries, ExcludedItems excluded)
    {
        ArgumentNullException.ThrowIfNull(excluded);
        if (queries.Columns != _dim) throw new ArgumentException($"queries have {queries.Columns} columns, items {_dim}", nameof(queries));
        if (excluded.QueryCount != queries.Rows)
            throw new ArgumentException($"{queries.Rows} queries need as many lists of excluded items; {excluded.QueryCount} are given", nameof(excluded));
    }

    private void CopyBlock(Matrix table, int block, bool normalize, float epsilon)
    {
        float* target = _items.Pointer + (long)block * _dim * BlockItems;
        for (int lane = 0; lane < BlockItems; lane++)
        {
            int item = block * BlockItems + lane + 1;
            if (item > ItemCount) return;
            float* e = table.Row(item);
            float scale = 1f;
            if (normalize)
            {
                double squares = 0;
                for (int c = 0; c < _dim; c++) squares += (double)e[c] * e[c];
                scale = 1f / MathF.Max((float)Math.Sqrt(squares), epsilon);
            }
            for (int c = 0; c < _dim; c++) target[c * BlockItems + lane] = e[c] * scale;
        }
    }

    private delegate void BlockVisitor(int block, float* scores);

    // Scores of a piece's blocks, block after block (B × 64), with excluded items and the padding at −∞.
    private void Scan(int piece, int pieces, Matrix queries, ExcludedItems excluded, BlockVisitor visit)
    {
        int n = queries.Rows;
        int first = (int)((long)_blockCount * piece / pieces), end = (int)((long)_blockCount * (piece + 1) / pieces);
        float* tile = Scratch.Take((long)n * BlockItems + n);
        int* cursors = (int*)(tile + n * BlockItems);
        for (int q = 0; q < n; q++)
        {
            int at = excluded[q].BinarySearch(first * BlockItems + 1);
            cursors[q] = at < 0 ? ~at : at;
        }
        for (int block = first; block < end; block++)
        {
            MatrixMultiply.Run(queries.Data, _stride, 1, _items.Pointer + (long)block * _dim * BlockItems, BlockItems, tile, BlockItems, n, _dim, BlockItems, false);
            int low = block * BlockItems + 1, high = low + BlockItems;
            for (int q = 0; q < n; q++)
            {
                ReadOnlySpan<int> list = excluded[q];
                for (; cursors[q] < list.Length && list[cursors[q]] < high; cursors[q]++) tile[q * BlockItems + list[cursors[q]] - low] = float.NegativeInfinity;
                for (int item = ItemCount + 1; item < high; item++) tile[q * BlockItems + item - low] = float.NegativeInfinity;
            }
            visit(block, tile);
        }
    }

    // The same chain of multiply-adds as the matrix product, so that the target meets its own score exactly.
    private float Score(float* query, int item)
    {
        int block = (item - 1) / BlockItems, lane = (item - 1) % BlockItems;
        float* source = _items.Pointer + (long)block * _dim * BlockItems;
        float* scores = stackalloc float[BlockItems];
        MatrixMultiply.Run(query, _stride, 1, source, BlockItems, scores, BlockItems, 1, _dim, BlockItems, false);
        return scores[lane];
    }

    private static int CountAbove(float* scores, int firstItem, float score, int target)
    {
        // Items before the target beat it on equal scores: there the bar is the next float below.
        if (firstItem + BlockItems <= target) return Count(scores, MathF.BitDecrement(score));
        if (firstItem > target) return Count(scores, score);
        int above = 0;
        for (int lane = 0; lane < BlockItems; lane++)
            if (scores[lane] > score || (scores[lane] == score && firstItem + lane < target)) above++;
        return above;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Count(float* scores, float bar) => Simd.Width switch
    {
        16 => Count<Vector512<float>, Simd512>(scores, bar),
        8 => Count<Vector256<float>, Simd256>(scores, bar),
        _ => Count<Vector128<float>, Simd128>(scores, bar),
    };

    private static int Count<V, S>(float* scores, float bar) where V : struct where S : struct, ISimd<V>
    {
        int above = 0;
        V limit = S.Create(bar);
        for (int lane = 0; lane < BlockItems; lane += S.Count) above += BitOperations.PopCount(S.GreaterThan(S.Load(scores + lane), limit));
        return above;
    }
}
