using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>
/// Buckets of time differences as the reference computes them (hstu.py, RelativeBucketedTimeAndPositionBasedBias):
/// bucket(dt) = clamp(trunc(ln(max(|dt|, 1)) / 0.301), 0, 128) in float32.
/// </summary>
/// <remarks>
/// The bucket depends only on (float)|dt|, and grows with it. A cell of 1/16 octave, found from the float's exponent and first four
/// mantissa bits, holds at most one threshold, so a bucket is two table reads and a comparison; no logarithm.
/// For rows there is an estimate in place of the cell: a float's bits, read as a number, are log₂ within .086 (below the truth), so the
/// bucket is the estimate's or the one behind it, and a comparison with that one's threshold decides.
/// The buckets of a batch are the same for all layers: they are built once, as one byte a pair, in squares of 64 rows and 64 columns,
/// row of squares after row of squares up to the diagonal. Attention reads a square at a time, and a square is one dense page of
/// memory; rows of the whole triangle would cost a cache miss each. A sequence of up to 64 events is one square with shorter rows.
/// </remarks>
internal static unsafe class TimeBuckets
{
    /// <summary>Number of buckets: 0 … 128.</summary>
    internal const int Count = 129;

    /// <summary>Rows and columns of a square.</summary>
    internal const int Side = 64;

    // From the bits of a float to a bucket's number: ln 2 / (0.301 · 2²³). The half floors by rounding, the rest outweighs rounding errors.
    private const float BucketsPerBit = (float)(0.69314718055994531 / 0.301 / (1 << 23));
    private const float Offset = -(127 * (float)(0.69314718055994531 / 0.301)) - 0.5f - 0.01f;
    private const double ExactInDouble = 1L << 53;
    private const int CellsPerOctave = 16;
    private const int FirstCell = 127 * CellsPerOctave;
    private static readonly float[] s_threshold = new float[64 * CellsPerOctave + 1];
    private static readonly byte[] s_bucketBelow = new byte[64 * CellsPerOctave + 1];

    // The smallest float of the bucket behind b; 256 entries, as a register may look up any byte.
    private static readonly float[] s_next = new float[256];

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
        Array.Fill(s_next, float.PositiveInfinity);
        for (int cell = 0; cell < s_threshold.Length; cell++)
            if (float.IsFinite(s_threshold[cell])) s_next[s_bucketBelow[cell]] = s_threshold[cell];
            else if (cell > 0 && s_bucketBelow[cell] > s_bucketBelow[cell - 1] && float.IsInfinity(s_threshold[cell - 1]))
                s_next[s_bucketBelow[cell - 1]] = BitConverter.UInt32BitsToSingle((uint)(FirstCell + cell) << 19);
    }

    /// <summary>Bytes from one row of a square to the next, in a sequence of <paramref name="length"/> events.</summary>
    internal static int Stride(int length) => Math.Min(Side, Simd.Pad(length));

    /// <summary>Bytes that the squares of a sequence of <paramref name="length"/> events take: a multiple of 16.</summary>
    internal static long Size(int length) => length <= Side ? length * Stride(length) : Square((length + Side - 1) / Side * Side, 0);

    /// <summary>First byte of the square that starts at row <paramref name="i"/> and column <paramref name="j"/>, multiples of 64.</summary>
    internal static long Square(int i, int j) => ((long)(i / Side) * (i / Side + 1) / 2 + j / Side) * Side * Side;

    /// <summary>The byte of row <paramref name="i"/> and column <paramref name="j"/>, in a sequence of <paramref name="length"/> events.</summary>
    internal static long Place(int i, int j, int length) => Square(i, j) + i % Side * Stride(length) + j % Side;

    /// <summary>
    /// Adds a row of gradients to its buckets' sums: sixteen sums a bucket, so that neighbours of one bucket do not wait for each other. Times rise, so
    /// neighbours often share a bucket, and then eight of them are one addition.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void AddGradient(float* row, byte* buckets, int count, float* sums)
    {
        int j = 0;
        for (; j + 8 <= count; j += 8)
        {
            ulong eight = *(ulong*)(buckets + j);
            float* lanes = sums + (j & 8);
            if (eight == (eight & 255) * 0x0101010101010101)
            {
                float* sum = lanes + (int)(eight & 255) * 16;
                (Vector256.Load(sum) + Vector256.Load(row + j)).Store(sum);
                continue;
            }
            for (int lane = 0; lane < 8; lane++) lanes[buckets[j + lane] * 16 + lane] += row[j + lane];
        }
        for (; j < count; j++) sums[buckets[j] * 16 + (j & 15)] += row[j];
    }

    /// <summary>The bucket of a time difference.</summary>
    internal static byte Bucket(long difference)
    {
        fixed (float* threshold = s_threshold)
        fixed (byte* below = s_bucketBelow)
            return Bucket(difference, threshold, below);
    }

    /// <summary>
    /// Fills rows first … end − 1 of a sequence of <paramref name="length"/> events: row i, column j ≤ i holds
    /// bucket(times[i + 1] − times[j]). <paramref name="times"/> has length + 1 entries, the last being the time of the event to
    /// predict. Columns behind i, up to a multiple of sixteen, become anything.
    /// </summary>
    internal static void Fill(long* times, int length, int first, int end, byte* buckets)
    {
        long earliest = times[0], latest = times[0];
        for (int i = 1; i <= end; i++) (earliest, latest) = (Math.Min(earliest, times[i]), Math.Max(latest, times[i]));
        // Differences of doubles are exact up to 2⁵³; what spans more goes the slow way.
        if ((double)latest - earliest >= ExactInDouble) FillOneByOne(times, length, first, end, buckets);
        else if (Simd.Width == 16) Fill<Vector512<float>, Simd512>(times, earliest, length, first, end, buckets);
        else if (Simd.Width == 8) Fill<Vector256<float>, Simd256>(times, earliest, length, first, end, buckets);
        else Fill<Vector128<float>, Simd128>(times, earliest, length, first, end, buckets);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill<V, S>(long* times, long earliest, int length, int first, int end, byte* buckets) where V : struct where S : struct, ISimd<V>
    {
        double* relative = (double*)Scratch.Take(2L * (end + 1 + 16));
        for (int i = 0; i <= end; i++) relative[i] = times[i] - earliest;
        for (int i = end + 1; i < end + 1 + 16; i++) relative[i] = 0;
        int stride = Stride(length);
        V one = S.Create(1f), perBit = S.Create(BucketsPerBit), offset = S.Create(Offset), highest = S.Create(Count - 2);
        fixed (float* next = s_next)
            for (int i0 = first, behind; i0 < end; i0 = behind)
            {
                behind = Math.Min(i0 - i0 % Side + Side, end);
                for (int j0 = 0; j0 <= i0; j0 += Side)
                {
                    byte* row = buckets + Square(i0, j0) + i0 % Side * stride;
                    for (int i = i0; i < behind; i++, row += stride)
                        for (int c = 0; c < Math.Min(Side, i - j0 + 1); c += S.Count)
                        {
                            V difference = S.Differences(relative[i + 1], relative + j0 + c);
                            V magnitude = S.Max(S.Max(difference, S.Subtract(S.Zero, difference)), one);
                            V below = S.Min(S.Max(S.Round(S.MultiplyAdd(S.BitsAsNumbers(magnitude), perBit, offset)), S.Zero), highest);
                            S.StoreBytes(below, row + c);
                            V past = S.Subtract(magnitude, S.Lookup(next, row + c));
                            S.StoreBytes(S.Add(below, S.SelectBySign(past, one, S.Zero)), row + c);
                        }
                }
            }
    }

    private static void FillOneByOne(long* times, int length, int first, int end, byte* buckets)
    {
        fixed (float* threshold = s_threshold)
        fixed (byte* below = s_bucketBelow)
            for (int i = first; i < end; i++)
                for (int j = 0; j <= i; j++)
                    buckets[Place(i, j, length)] = Bucket(times[i + 1] - times[j], threshold, below);
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
