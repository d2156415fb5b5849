using System.Runtime.CompilerServices;

namespace Sequor.Kernels;

/// <summary>
/// Buckets of time differences as the reference computes them (hstu.py, RelativeBucketedTimeAndPositionBasedBias):
/// bucket(dt) = clamp(trunc(ln(max(|dt|, 1)) / 0.301), 0, 128) in float32.
/// </summary>
/// <remarks>
/// The bucket depends only on (float)|dt|, and grows with it. A cell of 1/16 octave, found from the float's exponent and first four
/// mantissa bits, holds at most one threshold, so a bucket is two table reads and a comparison; no logarithm.
/// The buckets of a batch are the same for all layers: they are built once, as one byte a causal pair, rows i = 0 … n − 1 of
/// i + 1 bytes each, one after another.
/// </remarks>
internal static unsafe class TimeBuckets
{
    /// <summary>Number of buckets: 0 … 128.</summary>
    internal const int Count = 129;

    /// <summary>Bytes behind the last row that vector reads may touch.</summary>
    internal const int Slack = 64;

    private const int CellsPerOctave = 16;
    private const int FirstCell = 127 * CellsPerOctave;
    private static readonly float[] s_threshold = new float[64 * CellsPerOctave + 1];
    private static readonly byte[] s_bucketBelow = new byte[64 * CellsPerOctave + 1];

    static TimeBuckets()
    {
        for (int cell = 0; cell < s_threshold.Length; cell++)
        {
            uint low = (uint)(FirstCell + cell) << 19, high = low + (1u << 19) - 1;
            int below = Formula(BitConverter.UInt32BitsToSingle(low));
            s_bucketBelow[cell] = (byte)below;
            s_threshold[cell] = float.PositiveInfinity;
            if (Formula(BitConverter.UInt32BitsToSingle(high)) == below) continue;
            while (high - low > 1)
            {
                uint middle = low + (high - low) / 2;
                if (Formula(BitConverter.UInt32BitsToSingle(middle)) > below) high = middle;
                else low = middle;
            }
            s_threshold[cell] = BitConverter.UInt32BitsToSingle(high);
        }
    }

    /// <summary>Bytes that the triangle of a sequence of <paramref name="length"/> events takes.</summary>
    internal static long TriangleSize(int length) => (long)length * (length + 1) / 2;

    /// <summary>The bucket of a time difference.</summary>
    internal static byte Bucket(long difference)
    {
        fixed (float* threshold = s_threshold)
        fixed (byte* below = s_bucketBelow)
            return Bucket(difference, threshold, below);
    }

    /// <summary>
    /// Fills the triangle of one sequence: row i, column j ≤ i holds bucket(times[i + 1] − times[j]).
    /// <paramref name="times"/> has length + 1 entries, the last being the time of the event to predict.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Fill(long* times, int length, byte* triangle)
    {
        fixed (float* threshold = s_threshold)
        fixed (byte* below = s_bucketBelow)
        {
            for (int i = 0; i < length; i++)
            {
                long next = times[i + 1];
                for (int j = 0; j <= i; j++) triangle[j] = Bucket(next - times[j], threshold, below);
                triangle += i + 1;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Bucket(long difference, float* threshold, byte* below)
    {
        // |long.MinValue| does not exist; as a float it would, so the conversion comes first.
        float magnitude = MathF.Max(MathF.Abs((float)difference), 1f);
        int cell = (int)(BitConverter.SingleToUInt32Bits(magnitude) >> 19) - FirstCell;
        return (byte)(below[cell] + (magnitude >= threshold[cell] ? 1 : 0));
    }

    private static int Formula(float magnitude) => Math.Min((int)((float)Math.Log(magnitude) / 0.301f), Count - 1);
}
