using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>
/// Sixty-four item vectors, transposed: row c of a block holds component c of each of its items, so that a query's scores against
/// a block fill registers without a horizontal sum.
/// </summary>
internal static unsafe class ItemBlock
{
    /// <summary>Items in a block: one bit each in a <see cref="ulong"/>.</summary>
    internal const int Items = 1 << Shift;

    /// <summary>Item i, counted from 0, is of block i &gt;&gt; Shift.</summary>
    internal const int Shift = 6;

    /// <summary>
    /// Packs rows (count × dim, <paramref name="stride"/> floats apart, zero behind the last column) into block (dim × 64), divided by
    /// their length where <paramref name="normalize"/> says so. Lanes from <paramref name="count"/> on become zero.
    /// </summary>
    internal static void Pack(float* rows, int stride, int count, int dim, bool normalize, float epsilon, float* block)
    {
        if (Simd.Width == 16) Pack<Vector512<float>, Simd512>(rows, stride, count, dim, normalize, epsilon, block);
        else if (Simd.Width == 8) Pack<Vector256<float>, Simd256>(rows, stride, count, dim, normalize, epsilon, block);
        else Pack<Vector128<float>, Simd128>(rows, stride, count, dim, normalize, epsilon, block);
    }

    /// <summary>scores (count × 64) = queries (count × dim, <paramref name="stride"/> floats apart) against a block: a chain of multiply-adds in the order of components for each, whatever the width and the count.</summary>
    internal static void Score(float* queries, int stride, int count, float* block, int dim, float* scores)
    {
        if (count > 1 || Simd.Width == 16) MatrixMultiply.Run(queries, stride, 1, block, Items, scores, Items, count, dim, Items, false);
        else if (Simd.Width == 8) ScoreOne<Vector256<float>, Simd256>(queries, block, dim, scores);
        else ScoreOne<Vector128<float>, Simd128>(queries, block, dim, scores);
    }

    // A product's tile is two registers wide where there are sixteen, and of one row it would wait for each multiply-add: eight do not.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoreOne<V, S>(float* query, float* block, int dim, float* scores) where V : struct where S : struct, ISimd<V>
    {
        for (int lane = 0; lane < Items; lane += 8 * S.Count)
        {
            V a0 = S.Zero, a1 = S.Zero, a2 = S.Zero, a3 = S.Zero, a4 = S.Zero, a5 = S.Zero, a6 = S.Zero, a7 = S.Zero;
            float* items = block + lane;
            for (int c = 0; c < dim; c++, items += Items)
            {
                V q = S.Create(query[c]);
                a0 = S.MultiplyAdd(q, S.Load(items), a0);
                a1 = S.MultiplyAdd(q, S.Load(items + S.Count), a1);
                a2 = S.MultiplyAdd(q, S.Load(items + 2 * S.Count), a2);
                a3 = S.MultiplyAdd(q, S.Load(items + 3 * S.Count), a3);
                a4 = S.MultiplyAdd(q, S.Load(items + 4 * S.Count), a4);
                a5 = S.MultiplyAdd(q, S.Load(items + 5 * S.Count), a5);
                a6 = S.MultiplyAdd(q, S.Load(items + 6 * S.Count), a6);
                a7 = S.MultiplyAdd(q, S.Load(items + 7 * S.Count), a7);
            }
            S.Store(a0, scores + lane);
            S.Store(a1, scores + lane + S.Count);
            S.Store(a2, scores + lane + 2 * S.Count);
            S.Store(a3, scores + lane + 3 * S.Count);
            S.Store(a4, scores + lane + 4 * S.Count);
            S.Store(a5, scores + lane + 5 * S.Count);
            S.Store(a6, scores + lane + 6 * S.Count);
            S.Store(a7, scores + lane + 7 * S.Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack<V, S>(float* rows, int stride, int count, int dim, bool normalize, float epsilon, float* block)
        where V : struct where S : struct, ISimd<V>
    {
        Layout.Transpose(rows, stride, block, Items, count, dim);
        if (!normalize) return;
        float* scales = stackalloc float[Items];
        for (int lane = 0; lane < Items; lane++) scales[lane] = lane < count ? RowKernels<V, S>.InverseNorm(rows + (long)lane * stride, stride, epsilon) : 0f;
        for (int lane = 0; lane < Items; lane += S.Count)
        {
            V scale = S.Load(scales + lane);
            float* column = block + lane;
            for (int c = 0; c < dim; c++, column += Items) S.Store(S.Multiply(S.Load(column), scale), column);
        }
    }
}
