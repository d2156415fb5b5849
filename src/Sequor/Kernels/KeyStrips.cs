namespace Sequor.Kernels;

/// <summary>
/// Where keys and values of a sequence stand as attention reads them, in strips of 64 rows. In a strip, head behind head: the keys transposed
/// (dqk, rows), then the values (rows, padded dv). Channels without keys have the values alone.
/// </summary>
internal unsafe struct KeyStrips
{
    /// <summary>The strips; null where there are none.</summary>
    internal float** Table;

    /// <summary>Floats in front of what is meant in each strip.</summary>
    internal nint Offset;

    /// <summary>Rows of a strip: 64, or a smaller multiple of sixteen where there is one strip only.</summary>
    internal int Rows;

    /// <summary>The strip of row <paramref name="row"/>.</summary>
    internal readonly float* Of(int row) => Table[row / CausalAttention.BlockRows] + Offset;

    /// <summary>Floats that <see cref="In"/> takes.</summary>
    internal static long Floats(int count, long stride) => TableFloats(count) + count * stride;

    /// <summary>Strips of <paramref name="stride"/> floats, one behind the other in plain memory.</summary>
    internal static KeyStrips In(float* memory, int count, long stride, int rows)
    {
        var table = (float**)memory;
        for (int s = 0; s < count; s++) table[s] = memory + TableFloats(count) + s * stride;
        return new KeyStrips { Table = table, Rows = rows };
    }

    /// <summary>Floats of the padded values of a head: heads of 8 and less would waste half of a wide register.</summary>
    internal static int ValueWidth(int dim, int lanes) => dim <= 4 ? 4 : dim <= 8 ? 8 : (dim + lanes - 1) / lanes * lanes;

    private static int TableFloats(int count) => Simd.Pad(count * sizeof(float*) / sizeof(float));
}
