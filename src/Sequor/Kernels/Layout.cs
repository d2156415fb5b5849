using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>Copies between row-major blocks; none of it is arithmetic.</summary>
internal static unsafe class Layout
{
    /// <summary>Copies rows × columns from one stride to another; the target's columns up to its stride become zero.</summary>
    internal static void CopyRows(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
    {
        for (int r = 0; r < rows; r++)
        {
            float* to = target + r * targetStride;
            new ReadOnlySpan<float>(source + r * sourceStride, columns).CopyTo(new Span<float>(to, columns));
            if (targetStride > columns) new Span<float>(to + columns, (int)(targetStride - columns)).Clear();
        }
    }

    /// <summary>target[c, r] = source[r, c]; the target's columns from <paramref name="rows"/> up to its stride become zero.</summary>
    internal static void Transpose(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
    {
        int wholeRows = rows & ~3, wholeColumns = columns & ~3;
        for (int r = 0; r < wholeRows; r += 4)
        {
            float* from = source + r * sourceStride;
            for (int c = 0; c < wholeColumns; c += 4) Transpose4(from + c, sourceStride, target + c * targetStride + r, targetStride);
        }
        for (int c = 0; c < columns; c++)
            for (int r = c < wholeColumns ? wholeRows : 0; r < rows; r++) target[c * targetStride + r] = source[r * sourceStride + c];
        if (targetStride > rows)
            for (int c = 0; c < columns; c++) new Span<float>(target + c * targetStride + rows, (int)(targetStride - rows)).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector128<float> a = Vector128.Load(source), b = Vector128.Load(source + sourceStride);
        Vector128<float> c = Vector128.Load(source + 2 * sourceStride), d = Vector128.Load(source + 3 * sourceStride);
        // Pairs of rows are interleaved twice: a0 c0 a1 c1 … with b0 d0 b1 d1 … gives a0 b0 c0 d0 ….
        Vector128<float> acLow = InterleaveLow(a, c), acHigh = InterleaveHigh(a, c), bdLow = InterleaveLow(b, d), bdHigh = InterleaveHigh(b, d);
        InterleaveLow(acLow, bdLow).Store(target);
        InterleaveHigh(acLow, bdLow).Store(target + targetStride);
        InterleaveLow(acHigh, bdHigh).Store(target + 2 * targetStride);
        InterleaveHigh(acHigh, bdHigh).Store(target + 3 * targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveLow(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Vector128.Create(left[0], right[0], left[1], right[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveHigh(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : Vector128.Create(left[2], right[2], left[3], right[3]);
}
