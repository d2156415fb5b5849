using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>Which of the 64 scores of a block exceed a bar, one bit an item: what a scan looks at before it looks at an item.</summary>
internal static unsafe class LaneMasks
{
    /// <summary>masks[r] = the lanes of scores (rows × 64) above bars[r]; a score that is not a number is above nothing.</summary>
    internal static void Above(float* scores, float* bars, int rows, ulong* masks)
    {
        if (Simd.Width == 16) Above<Vector512<float>, Simd512>(scores, bars, rows, masks);
        else if (Simd.Width == 8) Above<Vector256<float>, Simd256>(scores, bars, rows, masks);
        else Above<Vector128<float>, Simd128>(scores, bars, rows, masks);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Above<V, S>(float* scores, float* bars, int rows, ulong* masks) where V : struct where S : struct, ISimd<V>
    {
        for (int r = 0; r < rows; r++, scores += ItemBlock.Items)
        {
            V bar = S.Create(bars[r]);
            ulong mask = 0;
            for (int lane = 0; lane < ItemBlock.Items; lane += 4 * S.Count)
                mask |= (ulong)(S.GreaterThan(S.Load(scores + lane), bar)
                    | ((ulong)S.GreaterThan(S.Load(scores + lane + S.Count), bar) << S.Count)
                    | ((ulong)S.GreaterThan(S.Load(scores + lane + 2 * S.Count), bar) << (2 * S.Count))
                    | ((ulong)S.GreaterThan(S.Load(scores + lane + 3 * S.Count), bar) << (3 * S.Count))) << lane;
            masks[r] = mask;
        }
    }
}
