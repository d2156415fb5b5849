namespace Sequor.Kernels;

/// <summary>
/// Where keys and values of a sequence stand as attention reads them, strip behind strip of 64 rows. In a strip, head behind head: the keys
/// transposed (dqk, rows), then the values (rows, padded dv). Channels without keys have the values alone.
/// </summary>
internal unsafe struct KeyStrips
{
    /// <summary>The first strip.</summary>
    internal float* Pointer;

    /// <summary>Floats from one strip to the next.</summary>
    internal nint Stride;

    /// <summary>Rows of a strip: 64, or a smaller multiple of sixteen where there is one strip only.</summary>
    internal int Rows;

    /// <summary>The strip of row <paramref name="row"/>.</summary>
    internal readonly float* Of(int row) => Pointer + row / CausalAttention.BlockRows * Stride;

    /// <summary>Floats of the padded values of a head or a channel: heads of 8 and less would waste half of a wide register.</summary>
    internal static int ValueWidth(int dim, int lanes) => dim <= 4 ? 4 : dim <= 8 ? 8 : (dim + lanes - 1) / lanes * lanes;
}
