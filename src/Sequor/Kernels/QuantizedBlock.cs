using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>What quantisation did to a block: the longest difference of an item's vector from its stored form, and the longest stored form; both rounded up.</summary>
internal readonly record struct QuantizationError(float Residual, float Norm);

/// <summary>A block of 64 items in two bytes or one a component, and a query's scores against it.</summary>
/// <remarks>
/// bfloat16: (⌈D/2⌉ × 64) pairs, components 2c and 2c + 1 of an item in one 32-bit lane; a shift or a mask makes either a float.
/// int8: (⌈D/4⌉ × 64) quads of bytes, x = scale · (byte − 128) with a scale an item, 64 of which stand behind the quads; the query is
/// quantised too and the sums are exact integers, hence the same at any width. One score costs D multiply-adds; a block is read once.
/// </remarks>
internal static unsafe class QuantizedBlock
{
    private const int Items = ItemBlock.Items;

    /// <summary>Floats that a block takes as bfloat16.</summary>
    internal static int BFloat16Size(int dim) => (dim + 1) / 2 * Items;

    /// <summary>Floats that a block takes as int8.</summary>
    internal static int Int8Size(int dim) => ((dim + 3) / 4 + 1) * Items;

    /// <summary>Rounds block (dim × 64) to the nearest bfloat16, ties to even. Where a component is not finite all items are stored as zero with an infinite residual.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static QuantizationError ToBFloat16(float* block, int dim, float* target)
    {
        Vector256<float> mostResidual = default, mostNorm = default;
        for (int lane = 0; lane < Items; lane += 8)
        {
            Vector256<float> residual = default, norm = default;
            for (int c = 0; c < dim; c += 2)
            {
                Vector256<float> even = Vector256.Load(block + c * Items + lane);
                Vector256<float> odd = c + 1 < dim ? Vector256.Load(block + (c + 1) * Items + lane) : Vector256<float>.Zero;
                Vector256<uint> low = RoundToBFloat16(even), high = RoundToBFloat16(odd);
                ((low >>> 16) | high).Store((uint*)target + c / 2 * Items + lane);
                Measure(even, low.AsSingle(), ref residual, ref norm);
                Measure(odd, high.AsSingle(), ref residual, ref norm);
            }
            mostResidual = Vector256.Max(mostResidual, residual);
            mostNorm = Vector256.Max(mostNorm, norm);
        }
        QuantizationError error = Summarize(mostResidual, mostNorm);
        if (!float.IsFinite(error.Residual)) new Span<float>(target, BFloat16Size(dim)).Clear();
        return error;
    }

    /// <summary>Rounds block (dim × 64) to 255 steps between an item's largest component and its negative, else as <see cref="ToBFloat16"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static QuantizationError ToInt8(float* block, int dim, float* target)
    {
        int quads = (dim + 3) / 4;
        float* scales = target + quads * Items;
        Vector256<float> mostResidual = default, mostNorm = default;
        for (int lane = 0; lane < Items; lane += 8)
        {
            Vector256<float> largest = default, residual = default, norm = default;
            for (int c = 0; c < dim; c++) largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(block + c * Items + lane)));
            // Where the inverse of the step would overflow, the item is stored as zero.
            largest = Vector256.ConditionalSelect(Vector256.LessThan(largest, Vector256.Create(1e-30f)), Vector256<float>.Zero, largest);
            Vector256<float> scale = largest * (1f / 127f);
            Vector256<float> inverse = Vector256.ConditionalSelect(Vector256.Equals(largest, Vector256<float>.Zero), Vector256<float>.Zero, Vector256.Create(127f) / largest);
            scale.Store(scales + lane);
            for (int quad = 0; quad < quads; quad++)
            {
                Vector256<int> bytes = default;
                for (int part = 0; part < 4; part++)
                {
                    int c = 4 * quad + part;
                    Vector256<float> value = c < dim ? Vector256.Load(block + c * Items + lane) : Vector256<float>.Zero;
                    Vector256<float> steps = Vector256.Round(value * inverse);
                    bytes |= (Vector256.ConvertToInt32(steps) + Vector256.Create(128)) << (8 * part);
                    Measure(value, steps * scale, ref residual, ref norm);
                }
                bytes.Store((int*)target + quad * Items + lane);
            }
            mostResidual = Vector256.Max(mostResidual, residual);
            mostNorm = Vector256.Max(mostNorm, norm);
        }
        QuantizationError error = Summarize(mostResidual, mostNorm);
        if (!float.IsFinite(error.Residual)) new Span<float>(target, Int8Size(dim)).Clear();
        return error;
    }

    /// <summary>target (dim rounded up to even × 64) = the floats of a bfloat16 block, for many queries.</summary>
    internal static void FromBFloat16(float* block, int dim, float* target)
    {
        if (Simd.Width == 16) FromBFloat16<Vector512<float>, Simd512>(block, dim, target);
        else if (Simd.Width == 8) FromBFloat16<Vector256<float>, Simd256>(block, dim, target);
        else FromBFloat16<Vector128<float>, Simd128>(block, dim, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FromBFloat16<V, S>(float* block, int dim, float* target) where V : struct where S : struct, ISimd<V>
    {
        for (int c = 0; c < dim; c += 2, block += Items, target += 2 * Items)
            for (int lane = 0; lane < Items; lane += S.Count)
            {
                S.Store(S.LowHalves(block + lane), target + lane);
                S.Store(S.HighHalves(block + lane), target + Items + lane);
            }
    }

    /// <summary>scores (64) = the query (dim floats, zero up to an even count) against a bfloat16 block.</summary>
    internal static void ScoreBFloat16(float* query, float* block, int dim, float* scores)
    {
        if (Simd.Width == 16) ScoreBFloat16<Vector512<float>, Simd512>(query, block, dim, scores);
        else if (Simd.Width == 8) ScoreBFloat16<Vector256<float>, Simd256>(query, block, dim, scores);
        else ScoreBFloat16<Vector128<float>, Simd128>(query, block, dim, scores);
    }

    // Eight sums of four registers of items: even and odd components apart, or each would wait for the other's multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoreBFloat16<V, S>(float* query, float* block, int dim, float* scores) where V : struct where S : struct, ISimd<V>
    {
        for (int lane = 0; lane < Items; lane += 4 * S.Count)
        {
            V a0 = S.Zero, a1 = S.Zero, a2 = S.Zero, a3 = S.Zero, b0 = S.Zero, b1 = S.Zero, b2 = S.Zero, b3 = S.Zero;
            float* pairs = block + lane;
            for (int c = 0; c < dim; c += 2, pairs += Items)
            {
                V even = S.Create(query[c]), odd = S.Create(query[c + 1]);
                a0 = S.MultiplyAdd(even, S.LowHalves(pairs), a0);
                b0 = S.MultiplyAdd(odd, S.HighHalves(pairs), b0);
                a1 = S.MultiplyAdd(even, S.LowHalves(pairs + S.Count), a1);
                b1 = S.MultiplyAdd(odd, S.HighHalves(pairs + S.Count), b1);
                a2 = S.MultiplyAdd(even, S.LowHalves(pairs + 2 * S.Count), a2);
                b2 = S.MultiplyAdd(odd, S.HighHalves(pairs + 2 * S.Count), b2);
                a3 = S.MultiplyAdd(even, S.LowHalves(pairs + 3 * S.Count), a3);
                b3 = S.MultiplyAdd(odd, S.HighHalves(pairs + 3 * S.Count), b3);
            }
            S.Store(S.Add(a0, b0), scores + lane);
            S.Store(S.Add(a1, b1), scores + lane + S.Count);
            S.Store(S.Add(a2, b2), scores + lane + 2 * S.Count);
            S.Store(S.Add(a3, b3), scores + lane + 3 * S.Count);
        }
    }

    /// <summary>
    /// Quantises a query (dim) to <paramref name="quads"/>, ⌈dim/4⌉ of four signed bytes, for <see cref="ScoreInt8"/>; returns the step, the
    /// sum of the bytes, and the length of the difference, rounded up.
    /// </summary>
    internal static (float Step, int Sum, float Residual) QuantizeQuery(float* query, int dim, int* quads)
    {
        float largest = 0;
        for (int c = 0; c < dim; c++) largest = MathF.Max(largest, MathF.Abs(query[c]));
        float step = largest / 127f, inverse = largest < 1e-30f ? 0f : 127f / largest;
        var bytes = (sbyte*)quads;
        int sum = 0;
        double squares = 0;
        for (int c = 0; c < (dim + 3) / 4 * 4; c++)
        {
            float value = c < dim ? query[c] : 0f;
            bytes[c] = (sbyte)Math.Clamp(MathF.Round(value * inverse), -127f, 127f);
            sum += bytes[c];
            double difference = value - (double)bytes[c] * step;
            squares += difference * difference;
        }
        return (step, sum, (float)Math.Sqrt(squares) * Above);
    }

    /// <summary>scores (64) = a quantised query against an int8 block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ScoreInt8(int* query, float step, int sum, float* block, int dim, float* scores)
    {
        Vector256<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        int quads = (dim + 3) / 4;
        byte* bytes = (byte*)block;
        for (int quad = 0; quad < quads; quad++, bytes += 4 * Items)
        {
            Vector256<sbyte> q = Vector256.Create(query[quad]).AsSByte();
            a0 = MultiplyAdd(a0, Vector256.Load(bytes), q);
            a1 = MultiplyAdd(a1, Vector256.Load(bytes + 32), q);
            a2 = MultiplyAdd(a2, Vector256.Load(bytes + 64), q);
            a3 = MultiplyAdd(a3, Vector256.Load(bytes + 96), q);
            a4 = MultiplyAdd(a4, Vector256.Load(bytes + 128), q);
            a5 = MultiplyAdd(a5, Vector256.Load(bytes + 160), q);
            a6 = MultiplyAdd(a6, Vector256.Load(bytes + 192), q);
            a7 = MultiplyAdd(a7, Vector256.Load(bytes + 224), q);
        }
        // Σ q·(x + 128) = Σ q·x + 128·Σ q.
        Vector256<int> offset = Vector256.Create(128 * sum);
        Vector256<float> scale = Vector256.Create(step);
        float* scales = block + quads * Items;
        Finish(a0 - offset, scale, scales, scores);
        Finish(a1 - offset, scale, scales + 8, scores + 8);
        Finish(a2 - offset, scale, scales + 16, scores + 16);
        Finish(a3 - offset, scale, scales + 24, scores + 24);
        Finish(a4 - offset, scale, scales + 32, scores + 32);
        Finish(a5 - offset, scale, scales + 40, scores + 40);
        Finish(a6 - offset, scale, scales + 48, scores + 48);
        Finish(a7 - offset, scale, scales + 56, scores + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector256<int> sum, Vector256<float> step, float* scales, float* scores) =>
        (Vector256.ConvertToSingle(sum) * (step * Vector256.Load(scales))).Store(scores);

    // sum + the dot product of each lane's four unsigned bytes with four signed ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<byte> items, Vector256<sbyte> query)
    {
        if (AvxVnni.IsSupported) return AvxVnni.MultiplyWideningAndAdd(sum, items, query);
        if (Avx2.IsSupported)
        {
            // Even and odd bytes as 16-bit numbers: the products of a lane then add up in that lane. (Multiplying bytes would saturate.)
            Vector256<short> even = (items.AsInt16() & Vector256.Create((short)0xFF)), odd = items.AsInt16() >>> 8;
            Vector256<short> queryEven = (query.AsInt16() << 8) >> 8, queryOdd = query.AsInt16() >> 8;
            return sum + Avx2.MultiplyAddAdjacent(even, queryEven) + Avx2.MultiplyAddAdjacent(odd, queryOdd);
        }
        Vector256<int> x = items.AsInt32(), q = query.AsInt32(), low = Vector256.Create(0xFF);
        sum += (x & low) * ((q << 24) >> 24);
        sum += ((x >>> 8) & low) * ((q << 16) >> 24);
        sum += ((x >>> 16) & low) * ((q << 8) >> 24);
        return sum + (x >>> 24) * (q >> 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RoundToBFloat16(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        return (bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One)) & Vector256.Create(0xFFFF0000u);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Measure(Vector256<float> value, Vector256<float> stored, ref Vector256<float> residual, ref Vector256<float> norm)
    {
        Vector256<float> difference = value - stored;
        residual += difference * difference;
        norm += stored * stored;
    }

    // A sum of D squares is off by D·2⁻²⁴ of itself and by what underflowed: less than these for any D in use.
    private const float Above = 1.001f;
    private const float Underflow = 1e-20f;

    private static QuantizationError Summarize(Vector256<float> residual, Vector256<float> norm)
    {
        float mostResidual = 0, mostNorm = 0;
        for (int lane = 0; lane < 8; lane++)
        {
            mostResidual = MathF.Max(mostResidual, residual[lane]);
            mostNorm = MathF.Max(mostNorm, norm[lane]);
        }
        bool finite = float.IsFinite(mostResidual) && float.IsFinite(mostNorm);
        return finite ? new(MathF.Sqrt(mostResidual) * Above + Underflow, MathF.Sqrt(mostNorm) * Above + Underflow) : new(float.PositiveInfinity, 0f);
    }
}
