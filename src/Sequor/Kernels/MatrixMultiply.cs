using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>
/// C (M × N) = or += A (M × K) · B (K × N), float32, single thread.
/// </summary>
/// <remarks>
/// Loop order: columns of C in strips of up to four vectors, rows in tiles of six (eight under narrower strips), depth innermost,
/// so that a tile of C stays in registers while a strip of B (K × 64 floats, 16 KiB at K = 64) stays in L1. A is read by broadcast
/// and may be transposed (any row and depth step). 2·M·N·K FLOPs; a 6 × 4 tile does 24 multiply-adds per 4 loads and 6 broadcasts.
/// Depths whose strip would not fit L1 go by in equal parts, which continue the same sums. Operands of this library are small enough
/// for B to stay in L2; there is no further blocking.
/// </remarks>
internal static unsafe class MatrixMultiply
{
    // Floats of B's strip: 32 KiB.
    private const int StripFloats = 8192;

    /// <summary>
    /// Runs on the widest registers that divide <paramref name="n"/> (a multiple of 4: callers pad). A[i, p] lies at
    /// a + i·aRow + p·aDepth, B[p, j] at b + p·ldb + j, C[i, j] at c + i·ldc + j.
    /// </summary>
    internal static void Run(float* a, nint aRow, nint aDepth, float* b, nint ldb, float* c, nint ldc, int m, int k, int n, bool accumulate)
    {
        if (Simd.Width == 16 && (n & 15) == 0) Run<Vector512<float>, Simd512>(a, aRow, aDepth, b, ldb, c, ldc, m, k, n, accumulate);
        else if (Simd.Width >= 8 && (n & 7) == 0) Run<Vector256<float>, Simd256>(a, aRow, aDepth, b, ldb, c, ldc, m, k, n, accumulate);
        else Run<Vector128<float>, Simd128>(a, aRow, aDepth, b, ldb, c, ldc, m, k, n, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<V, S>(float* a, nint aRow, nint aDepth, float* b, nint ldb, float* c, nint ldc, int m, int k, int n, bool accumulate)
        where V : struct where S : struct, ISimd<V>
    {
        // AVX2 has 16 registers: a 6 x 2 tile fills them. AVX-512 and NEON have 32: 6 x 4.
        int widest = S.Count == 16 || (S.Count == 4 && System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported) ? 4 : 2;
        int parts = k * widest * S.Count / StripFloats + 1;
        for (int part = 0, done = 0; part < parts; part++)
        {
            int end = (int)((long)k * (part + 1) / parts);
            RunPart<V, S>(a + done * aDepth, aRow, aDepth, b + done * ldb, ldb, c, ldc, m, end - done, n, accumulate || part > 0, widest);
            done = end;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunPart<V, S>(float* a, nint aRow, nint aDepth, float* b, nint ldb, float* c, nint ldc, int m, int k, int n, bool accumulate, int widest)
        where V : struct where S : struct, ISimd<V>
    {
        fixed (delegate*<float*, nint, nint, float*, nint, float*, nint, nint, bool, void>* tiles = MicroKernels<V, S>.Tiles)
        {
            for (int column = 0; column < n;)
            {
                int vectors = (n - column) / S.Count;
                if (vectors > widest) vectors = vectors == widest + 1 && widest == 4 ? 3 : widest;
                int tallest = widest == 2 || vectors == 4 ? 6 : 8;
                for (int row = 0; row < m;)
                {
                    int rows = m - row;
                    if (rows > tallest) rows = rows < 2 * tallest ? (rows + 1) / 2 : tallest;
                    tiles[(rows - 1) + 8 * (vectors - 1)](
                        a + row * aRow, aRow, aDepth, b + column, ldb, c + row * ldc + column, ldc, k, accumulate);
                    row += rows;
                }
                column += vectors * S.Count;
            }
        }
    }
}
