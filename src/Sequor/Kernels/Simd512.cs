using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>AVX-512: sixteen floats.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static int Count => 16;
    public static Vector512<float> Zero { [MethodImpl(Inline)] get => Vector512<float>.Zero; }
    [MethodImpl(Inline)] public static Vector512<float> Create(float value) => Vector512.Create(value);
    [MethodImpl(Inline)] public static Vector512<float> Load(float* source) => Vector512.Load(source);
    [MethodImpl(Inline)] public static void Store(Vector512<float> value, float* target) => value.Store(target);
    [MethodImpl(Inline)] public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;
    [MethodImpl(Inline)] public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;
    [MethodImpl(Inline)] public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;
    [MethodImpl(Inline)] public static Vector512<float> Divide(Vector512<float> left, Vector512<float> right) => left / right;

    [MethodImpl(Inline)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.FusedMultiplyAdd(left, right, addend);

    [MethodImpl(Inline)] public static Vector512<float> Max(Vector512<float> left, Vector512<float> right) => Vector512.MaxNative(left, right);
    [MethodImpl(Inline)] public static Vector512<float> Min(Vector512<float> left, Vector512<float> right) => Vector512.MinNative(left, right);
    [MethodImpl(Inline)] public static Vector512<float> Sqrt(Vector512<float> value) => Vector512.Sqrt(value);
    [MethodImpl(Inline)] public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    [MethodImpl(Inline)]
    public static float MaxLane(Vector512<float> value)
    {
        return Simd256.MaxLane(Vector256.MaxNative(value.GetLower(), value.GetUpper()));
    }

    [MethodImpl(Inline)]
    public static Vector512<float> Reciprocal(Vector512<float> value)
    {
        if (!Avx512F.IsSupported) return Vector512<float>.One / value;
        Vector512<float> estimate = Avx512F.Reciprocal14(value);
        return Vector512.FusedMultiplyAdd(estimate, Vector512.FusedMultiplyAdd(-value, estimate, Vector512<float>.One), estimate);
    }

    [MethodImpl(Inline)] public static Vector512<float> Round(Vector512<float> value) => Vector512.Round(value);

    [MethodImpl(Inline)]
    public static Vector512<float> Scale(Vector512<float> value, Vector512<float> exponent)
    {
        if (Avx512F.IsSupported) return Avx512F.Scale(value, exponent);
        Vector512<int> bits = (Vector512.ConvertToInt32(exponent) + Vector512.Create(127)) << 23;
        return value * bits.AsSingle();
    }

    [MethodImpl(Inline)]
    public static Vector512<float> SelectBySign(Vector512<float> selector, Vector512<float> ifNotNegative, Vector512<float> ifNegative) =>
        Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(selector, Vector512<float>.Zero), ifNotNegative, ifNegative);

    [MethodImpl(Inline)]
    public static Vector512<float> KeepFirst(Vector512<float> value, int count) =>
        Vector512.ConditionalSelect(Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle(), value, Vector512<float>.Zero);

    [MethodImpl(Inline)]
    public static Vector512<float> Lookup(float* table, byte* indices)
    {
        if (!Avx512F.IsSupported) return Vector512.Create(Simd256.Lookup(table, indices), Simd256.Lookup(table, indices + 8));
        // Four permutes of 32 entries each (they read an index's low five bits) take less than half the time of a gather.
        Vector512<int> index = Avx512F.ConvertToVector512Int32(Vector128.Load(indices));
        Vector512<float> value = Avx512F.PermuteVar16x32x2(Vector512.Load(table), index, Vector512.Load(table + 16));
        value = Select(index, 31, Avx512F.PermuteVar16x32x2(Vector512.Load(table + 32), index, Vector512.Load(table + 48)), value);
        value = Select(index, 63, Avx512F.PermuteVar16x32x2(Vector512.Load(table + 64), index, Vector512.Load(table + 80)), value);
        value = Select(index, 95, Avx512F.PermuteVar16x32x2(Vector512.Load(table + 96), index, Vector512.Load(table + 112)), value);
        return Select(index, 127, Vector512.Create(table[128]), value);
    }

    [MethodImpl(Inline)]
    private static Vector512<float> Select(Vector512<int> index, int limit, Vector512<float> ifAbove, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(index, Vector512.Create(limit)).AsSingle(), ifAbove, otherwise);

    [MethodImpl(Inline)]
    public static uint GreaterThan(Vector512<float> left, Vector512<float> right) =>
        (uint)Vector512.GreaterThan(left, right).ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static Vector512<float> DropoutFactors(uint key, uint index, uint threshold, float scale)
    {
        Vector512<uint> hash = CounterRandom.Hash(Vector512<uint>.Indices + Vector512.Create(index), key);
        return Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(hash, Vector512.Create(threshold)).AsSingle(), Vector512.Create(scale), Vector512<float>.Zero);
    }

    [MethodImpl(Inline)]
    public static Vector512<float> LowHalves(float* pairs) => (Vector512.Load((uint*)pairs) << 16).AsSingle();

    [MethodImpl(Inline)]
    public static Vector512<float> HighHalves(float* pairs) => (Vector512.Load((uint*)pairs) & Vector512.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(Inline)]
    public static Vector512<float> SumEach(float* registers)
    {
        if (!Avx512F.IsSupported) return SumEachByHalves(registers);
        Vector512<float> first = FoldPair(FoldFour(registers), FoldFour(registers + 64)), second = FoldPair(FoldFour(registers + 128), FoldFour(registers + 192));
        return FoldPair(first, second);
    }

    [MethodImpl(Inline)]
    public static Vector512<float> ZeroWhereEqual(Vector512<float> value, int* ids, int id) =>
        Vector512.AndNot(value, Vector512.Equals(Vector512.Load(ids), Vector512.Create(id)).AsSingle());

    // Four registers, folded within their quarters: each quarter has one lane for each of the four sums.
    [MethodImpl(Inline)]
    private static Vector512<float> FoldFour(float* registers)
    {
        Vector512<float> a = Load(registers), b = Load(registers + 16), c = Load(registers + 32), d = Load(registers + 48);
        Vector512<double> ab = (Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b)).AsDouble(), cd = (Avx512F.UnpackLow(c, d) + Avx512F.UnpackHigh(c, d)).AsDouble();
        return Avx512F.UnpackLow(ab, cd).AsSingle() + Avx512F.UnpackHigh(ab, cd).AsSingle();
    }

    // Adds the quarters of each in pairs: (left 0 + 1, left 2 + 3, right 0 + 1, right 2 + 3).
    [MethodImpl(Inline)]
    private static Vector512<float> FoldPair(Vector512<float> left, Vector512<float> right) =>
        Avx512F.Shuffle4x128(left, right, 0x88) + Avx512F.Shuffle4x128(left, right, 0xDD);

    [MethodImpl(Inline)]
    public static void Transpose(float* source, nint sourceStride, float* target, nint targetStride)
    {
        if (!Avx512F.IsSupported)
        {
            for (int quarter = 0; quarter < 4; quarter++)
            {
                int row = quarter / 2 * 8, column = quarter % 2 * 8;
                Simd256.Transpose(source + row * sourceStride + column, sourceStride, target + column * targetStride + row, targetStride);
            }
            return;
        }
        // Lane l of the k-th vector of a group of four rows holds column 4l + k; then lanes change places between the groups.
        Columns(source, sourceStride, out var a0, out var a1, out var a2, out var a3);
        Columns(source + 4 * sourceStride, sourceStride, out var b0, out var b1, out var b2, out var b3);
        Columns(source + 8 * sourceStride, sourceStride, out var c0, out var c1, out var c2, out var c3);
        Columns(source + 12 * sourceStride, sourceStride, out var d0, out var d1, out var d2, out var d3);
        Lanes(a0, b0, c0, d0, target, 4 * targetStride);
        Lanes(a1, b1, c1, d1, target + targetStride, 4 * targetStride);
        Lanes(a2, b2, c2, d2, target + 2 * targetStride, 4 * targetStride);
        Lanes(a3, b3, c3, d3, target + 3 * targetStride, 4 * targetStride);
    }

    [MethodImpl(Inline)]
    public static Vector512<float> Differences(double minuend, double* subtrahends) =>
        Vector512.Narrow(Vector512.Create(minuend) - Vector512.Load(subtrahends), Vector512.Create(minuend) - Vector512.Load(subtrahends + 8));

    [MethodImpl(Inline)] public static Vector512<float> BitsAsNumbers(Vector512<float> value) => Vector512.ConvertToSingle(value.AsInt32());

    [MethodImpl(Inline)]
    public static void StoreBytes(Vector512<float> value, byte* target)
    {
        Vector512<int> numbers = Vector512.ConvertToInt32(value);
        if (Avx512F.IsSupported) Avx512F.ConvertToVector128Byte(numbers).Store(target);
        else for (int lane = 0; lane < 16; lane++) target[lane] = (byte)numbers[lane];
    }

    [MethodImpl(Inline)]
    private static void Columns(float* rows, nint stride, out Vector512<float> first, out Vector512<float> second, out Vector512<float> third, out Vector512<float> fourth)
    {
        Vector512<float> r0 = Vector512.Load(rows), r1 = Vector512.Load(rows + stride), r2 = Vector512.Load(rows + 2 * stride), r3 = Vector512.Load(rows + 3 * stride);
        Vector512<double> low01 = Avx512F.UnpackLow(r0, r1).AsDouble(), high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
        Vector512<double> low23 = Avx512F.UnpackLow(r2, r3).AsDouble(), high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
        first = Avx512F.UnpackLow(low01, low23).AsSingle();
        second = Avx512F.UnpackHigh(low01, low23).AsSingle();
        third = Avx512F.UnpackLow(high01, high23).AsSingle();
        fourth = Avx512F.UnpackHigh(high01, high23).AsSingle();
    }

    [MethodImpl(Inline)]
    private static void Lanes(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* target, nint stride)
    {
        Vector512<float> evenAb = Avx512F.Shuffle4x128(a, b, 0x88), evenCd = Avx512F.Shuffle4x128(c, d, 0x88);
        Vector512<float> oddAb = Avx512F.Shuffle4x128(a, b, 0xDD), oddCd = Avx512F.Shuffle4x128(c, d, 0xDD);
        Avx512F.Shuffle4x128(evenAb, evenCd, 0x88).Store(target);
        Avx512F.Shuffle4x128(oddAb, oddCd, 0x88).Store(target + stride);
        Avx512F.Shuffle4x128(evenAb, evenCd, 0xDD).Store(target + 2 * stride);
        Avx512F.Shuffle4x128(oddAb, oddCd, 0xDD).Store(target + 3 * stride);
    }

    // Apart from its caller, which a stack allocation would keep from being inlined.
    private static Vector512<float> SumEachByHalves(float* registers)
    {
        float* halves = stackalloc float[8 * 16];
        for (int r = 0; r < 16; r++) Simd256.Store(Simd256.Load(registers + 16 * r) + Simd256.Load(registers + 16 * r + 8), halves + 8 * r);
        return Vector512.Create(Simd256.SumEach(halves), Simd256.SumEach(halves + 64));
    }
}
