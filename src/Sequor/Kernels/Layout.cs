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
        const int Block = 16;
        for (int r0 = 0; r0 < rows; r0 += Block)
        {
            int r1 = Math.Min(r0 + Block, rows);
            for (int c = 0; c < columns; c++)
            {
                float* to = target + c * targetStride;
                float* from = source + c;
                for (int r = r0; r < r1; r++) to[r] = from[r * sourceStride];
            }
        }
        if (targetStride > rows)
            for (int c = 0; c < columns; c++) new Span<float>(target + c * targetStride + rows, (int)(targetStride - rows)).Clear();
    }
}
