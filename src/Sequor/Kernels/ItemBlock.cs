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
    internal const int Items = 64;

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
