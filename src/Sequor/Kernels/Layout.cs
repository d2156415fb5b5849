using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>Copies between row-major blocks; none of it is arithmetic but a factor.</summary>
internal static unsafe class Layout
{
    /// <summary>target[c, r] = source[r, c]; the target's columns from <paramref name="rows"/> up to its stride become zero.</summary>
    internal static void Transpose(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns) =>
        Transpose(source, sourceStride, target, targetStride, rows, columns, (int)targetStride);

    /// <summary>
    /// target[c, r] = source[r, c]; the target's columns from <paramref name="rows"/> up to <paramref name="padded"/> become zero.
    /// Blocks of the widest register that fits both sides; the last ones overlap their neighbours, so nothing is read or written outside.
    /// </summary>
    internal static void Transpose(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns, int padded)
    {
        for (int c = 0; c < columns && padded > rows; c++)
            for (int r = rows; r < padded; r++) target[c * targetStride + r] = 0;
        int side = Math.Min(rows, columns);
        if (side >= 16 && Simd.Width == 16) Blocks<Vector512<float>, Simd512>(source, sourceStride, target, targetStride, rows, columns);
        else if (side >= 8 && Simd.Width >= 8) Blocks<Vector256<float>, Simd256>(source, sourceStride, target, targetStride, rows, columns);
        else if (side >= 4) Blocks<Vector128<float>, Simd128>(source, sourceStride, target, targetStride, rows, columns);
        else
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++) target[c * targetStride + r] = source[r * sourceStride + c];
    }

    /// <summary>target[r, c] = factor · source[r, c] for <paramref name="columns"/> columns of any number; nothing else is touched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void ScaleRow<V, S>(float factor, float* source, float* target, int columns) where V : struct where S : struct, ISimd<V>
    {
        int c = 0;
        V wide = S.Create(factor);
        for (; c + S.Count <= columns; c += S.Count) S.Store(S.Multiply(S.Load(source + c), wide), target + c);
        Vector128<float> narrow = Vector128.Create(factor);
        for (; c + 4 <= columns; c += 4) (Vector128.Load(source + c) * narrow).Store(target + c);
        for (; c < columns; c++) target[c] = source[c] * factor;
    }

    /// <summary>Copies rows × columns from one stride to another; the target's columns from there up to its stride are not touched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void CopyRows<V, S>(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
        where V : struct where S : struct, ISimd<V>
    {
        for (int r = 0; r < rows; r++, source += sourceStride, target += targetStride)
        {
            int c = 0;
            for (; c + S.Count <= columns; c += S.Count) S.Store(S.Load(source + c), target + c);
            for (; c + 4 <= columns; c += 4) Vector128.Load(source + c).Store(target + c);
            for (; c < columns; c++) target[c] = source[c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Blocks<V, S>(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
        where V : struct where S : struct, ISimd<V>
    {
        for (int r0 = 0; r0 < rows; r0 += S.Count)
        {
            int r = Math.Min(r0, rows - S.Count);
            for (int c0 = 0; c0 < columns; c0 += S.Count)
            {
                int c = Math.Min(c0, columns - S.Count);
                S.Transpose(source + r * sourceStride + c, sourceStride, target + c * targetStride + r, targetStride);
            }
        }
    }
}
