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
        return Vector512.Create(Simd256.Lookup(table, indices), Simd256.Lookup(table, indices + 8));
    }

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

    // Apart from its caller, which a stack allocation would keep from being inlined.
    private static Vector512<float> SumEachByHalves(float* registers)
    {
        float* halves = stackalloc float[8 * 16];
        for (int r = 0; r < 16; r++) Simd256.Store(Simd256.Load(registers + 16 * r) + Simd256.Load(registers + 16 * r + 8), halves + 8 * r);
        return Vector512.Create(Simd256.SumEach(halves), Simd256.SumEach(halves + 64));
    }
}
