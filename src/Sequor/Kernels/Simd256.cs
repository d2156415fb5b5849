using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>AVX2: eight floats.</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static int Count => 8;
    public static Vector256<float> Zero { [MethodImpl(Inline)] get => Vector256<float>.Zero; }
    [MethodImpl(Inline)] public static Vector256<float> Create(float value) => Vector256.Create(value);
    [MethodImpl(Inline)] public static Vector256<float> Load(float* source) => Vector256.Load(source);
    [MethodImpl(Inline)] public static void Store(Vector256<float> value, float* target) => value.Store(target);
    [MethodImpl(Inline)] public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;
    [MethodImpl(Inline)] public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;
    [MethodImpl(Inline)] public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;
    [MethodImpl(Inline)] public static Vector256<float> Divide(Vector256<float> left, Vector256<float> right) => left / right;

    [MethodImpl(Inline)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.FusedMultiplyAdd(left, right, addend);

    [MethodImpl(Inline)] public static Vector256<float> Max(Vector256<float> left, Vector256<float> right) => Vector256.MaxNative(left, right);
    [MethodImpl(Inline)] public static Vector256<float> Min(Vector256<float> left, Vector256<float> right) => Vector256.MinNative(left, right);
    [MethodImpl(Inline)] public static Vector256<float> Sqrt(Vector256<float> value) => Vector256.Sqrt(value);
    [MethodImpl(Inline)] public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    [MethodImpl(Inline)]
    public static float MaxLane(Vector256<float> value)
    {
        return Simd128.MaxLane(Vector128.MaxNative(value.GetLower(), value.GetUpper()));
    }

    [MethodImpl(Inline)]
    public static Vector256<float> Reciprocal(Vector256<float> value)
    {
        if (!Fma.IsSupported) return Vector256<float>.One / value;
        Vector256<float> estimate = Avx.Reciprocal(value);
        return Fma.MultiplyAdd(estimate, Fma.MultiplyAddNegated(value, estimate, Vector256<float>.One), estimate);
    }

    [MethodImpl(Inline)] public static Vector256<float> Round(Vector256<float> value) => Vector256.Round(value);

    [MethodImpl(Inline)]
    public static Vector256<float> Scale(Vector256<float> value, Vector256<float> exponent)
    {
        Vector256<int> bits = (Vector256.ConvertToInt32(exponent) + Vector256.Create(127)) << 23;
        return value * bits.AsSingle();
    }

    [MethodImpl(Inline)]
    public static Vector256<float> SelectBySign(Vector256<float> selector, Vector256<float> ifNotNegative, Vector256<float> ifNegative) =>
        Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(selector, Vector256<float>.Zero), ifNotNegative, ifNegative);

    [MethodImpl(Inline)]
    public static Vector256<float> KeepFirst(Vector256<float> value, int count) =>
        Vector256.ConditionalSelect(Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle(), value, Vector256<float>.Zero);

    [MethodImpl(Inline)]
    public static Vector256<float> Lookup(float* table, byte* indices)
    {
        if (!Avx2.IsSupported) return Vector256.Create(table[indices[0]], table[indices[1]], table[indices[2]], table[indices[3]], table[indices[4]], table[indices[5]], table[indices[6]], table[indices[7]]);
        return Avx2.GatherVector256(table, Avx2.ConvertToVector256Int32(indices), sizeof(float));
    }

    [MethodImpl(Inline)]
    public static uint GreaterThan(Vector256<float> left, Vector256<float> right) =>
        (uint)Vector256.GreaterThan(left, right).ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static Vector256<float> DropoutFactors(uint key, uint index, uint threshold, float scale)
    {
        Vector256<uint> hash = CounterRandom.Hash(Vector256<uint>.Indices + Vector256.Create(index), key);
        return Vector256.ConditionalSelect(
            Vector256.GreaterThanOrEqual(hash, Vector256.Create(threshold)).AsSingle(), Vector256.Create(scale), Vector256<float>.Zero);
    }

    [MethodImpl(Inline)]
    public static Vector256<float> LowHalves(float* pairs) => (Vector256.Load((uint*)pairs) << 16).AsSingle();

    [MethodImpl(Inline)]
    public static Vector256<float> HighHalves(float* pairs) => (Vector256.Load((uint*)pairs) & Vector256.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(Inline)]
    public static Vector256<float> SumEach(float* registers)
    {
        if (!Avx.IsSupported) return SumEachByHalves(registers);
        Vector256<float> low = FoldFour(registers), high = FoldFour(registers + 32);
        return Vector256.Create(low.GetLower() + low.GetUpper(), high.GetLower() + high.GetUpper());
    }

    [MethodImpl(Inline)]
    public static Vector256<float> ZeroWhereEqual(Vector256<float> value, int* ids, int id) =>
        Vector256.AndNot(value, Vector256.Equals(Vector256.Load(ids), Vector256.Create(id)).AsSingle());

    // Four registers, folded within their halves: each half has one lane for each of the four sums.
    [MethodImpl(Inline)]
    private static Vector256<float> FoldFour(float* registers)
    {
        Vector256<float> a = Load(registers), b = Load(registers + 8), c = Load(registers + 16), d = Load(registers + 24);
        Vector256<double> ab = (Avx.UnpackLow(a, b) + Avx.UnpackHigh(a, b)).AsDouble(), cd = (Avx.UnpackLow(c, d) + Avx.UnpackHigh(c, d)).AsDouble();
        return Avx.UnpackLow(ab, cd).AsSingle() + Avx.UnpackHigh(ab, cd).AsSingle();
    }

    [MethodImpl(Inline)]
    public static void Transpose(float* source, nint sourceStride, float* target, nint targetStride)
    {
        if (!Avx.IsSupported)
        {
            for (int quarter = 0; quarter < 4; quarter++)
            {
                int row = quarter / 2 * 4, column = quarter % 2 * 4;
                Simd128.Transpose(source + row * sourceStride + column, sourceStride, target + column * targetStride + row, targetStride);
            }
            return;
        }
        // Lane l of the k-th vector of a group of four rows holds column 4l + k.
        Columns(source, sourceStride, out var a0, out var a1, out var a2, out var a3);
        Columns(source + 4 * sourceStride, sourceStride, out var b0, out var b1, out var b2, out var b3);
        Lanes(a0, b0, target, 4 * targetStride);
        Lanes(a1, b1, target + targetStride, 4 * targetStride);
        Lanes(a2, b2, target + 2 * targetStride, 4 * targetStride);
        Lanes(a3, b3, target + 3 * targetStride, 4 * targetStride);
    }

    [MethodImpl(Inline)]
    public static Vector256<float> Differences(double minuend, double* subtrahends) =>
        Vector256.Narrow(Vector256.Create(minuend) - Vector256.Load(subtrahends), Vector256.Create(minuend) - Vector256.Load(subtrahends + 4));

    [MethodImpl(Inline)] public static Vector256<float> BitsAsNumbers(Vector256<float> value) => Vector256.ConvertToSingle(value.AsInt32());

    [MethodImpl(Inline)]
    public static void StoreBytes(Vector256<float> value, byte* target)
    {
        Vector256<int> numbers = Vector256.ConvertToInt32(value);
        Vector128<ushort> words = Vector128.Narrow(numbers.GetLower().AsUInt32(), numbers.GetUpper().AsUInt32());
        *(ulong*)target = Vector128.Narrow(words, words).AsUInt64()[0];
    }

    [MethodImpl(Inline)]
    private static void Columns(float* rows, nint stride, out Vector256<float> first, out Vector256<float> second, out Vector256<float> third, out Vector256<float> fourth)
    {
        Vector256<float> r0 = Vector256.Load(rows), r1 = Vector256.Load(rows + stride), r2 = Vector256.Load(rows + 2 * stride), r3 = Vector256.Load(rows + 3 * stride);
        Vector256<double> low01 = Avx.UnpackLow(r0, r1).AsDouble(), high01 = Avx.UnpackHigh(r0, r1).AsDouble();
        Vector256<double> low23 = Avx.UnpackLow(r2, r3).AsDouble(), high23 = Avx.UnpackHigh(r2, r3).AsDouble();
        first = Avx.UnpackLow(low01, low23).AsSingle();
        second = Avx.UnpackHigh(low01, low23).AsSingle();
        third = Avx.UnpackLow(high01, high23).AsSingle();
        fourth = Avx.UnpackHigh(high01, high23).AsSingle();
    }

    [MethodImpl(Inline)]
    private static void Lanes(Vector256<float> a, Vector256<float> b, float* target, nint stride)
    {
        Avx.Permute2x128(a, b, 0x20).Store(target);
        Avx.Permute2x128(a, b, 0x31).Store(target + stride);
    }

    // Apart from its caller, which a stack allocation would keep from being inlined.
    private static Vector256<float> SumEachByHalves(float* registers)
    {
        float* halves = stackalloc float[8 * 4];
        for (int r = 0; r < 8; r++) Simd128.Store(Simd128.Load(registers + 8 * r) + Simd128.Load(registers + 8 * r + 4), halves + 4 * r);
        return Vector256.Create(Simd128.SumEach(halves), Simd128.SumEach(halves + 16));
    }
}
