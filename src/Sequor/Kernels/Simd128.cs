using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>NEON, SSE, and the portable fallback: four floats.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<float>>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static int Count => 4;
    public static Vector128<float> Zero { [MethodImpl(Inline)] get => Vector128<float>.Zero; }
    [MethodImpl(Inline)] public static Vector128<float> Create(float value) => Vector128.Create(value);
    [MethodImpl(Inline)] public static Vector128<float> Load(float* source) => Vector128.Load(source);
    [MethodImpl(Inline)] public static void Store(Vector128<float> value, float* target) => value.Store(target);
    [MethodImpl(Inline)] public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;
    [MethodImpl(Inline)] public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;
    [MethodImpl(Inline)] public static Vector128<float> Multiply(Vector128<float> left, Vector128<float> right) => left * right;
    [MethodImpl(Inline)] public static Vector128<float> Divide(Vector128<float> left, Vector128<float> right) => left / right;

    [MethodImpl(Inline)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(Inline)] public static Vector128<float> Max(Vector128<float> left, Vector128<float> right) => Vector128.MaxNative(left, right);
    [MethodImpl(Inline)] public static Vector128<float> Min(Vector128<float> left, Vector128<float> right) => Vector128.MinNative(left, right);
    [MethodImpl(Inline)] public static Vector128<float> Sqrt(Vector128<float> value) => Vector128.Sqrt(value);
    [MethodImpl(Inline)] public static float Sum(Vector128<float> value) => Vector128.Sum(value);

    [MethodImpl(Inline)]
    public static float MaxLane(Vector128<float> value)
    {
        Vector128<float> pairs = Vector128.MaxNative(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(pairs[0], pairs[1]);
    }

    [MethodImpl(Inline)]
    public static Vector128<float> Reciprocal(Vector128<float> value) => Vector128<float>.One / value;

    [MethodImpl(Inline)] public static Vector128<float> Round(Vector128<float> value) => Vector128.Round(value);

    [MethodImpl(Inline)]
    public static Vector128<float> Scale(Vector128<float> value, Vector128<float> exponent)
    {
        Vector128<int> bits = (Vector128.ConvertToInt32(exponent) + Vector128.Create(127)) << 23;
        return value * bits.AsSingle();
    }

    [MethodImpl(Inline)]
    public static Vector128<float> SelectBySign(Vector128<float> selector, Vector128<float> ifNotNegative, Vector128<float> ifNegative) =>
        Vector128.ConditionalSelect(Vector128.GreaterThanOrEqual(selector, Vector128<float>.Zero), ifNotNegative, ifNegative);

    [MethodImpl(Inline)]
    public static Vector128<float> KeepFirst(Vector128<float> value, int count) =>
        Vector128.ConditionalSelect(Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle(), value, Vector128<float>.Zero);

    [MethodImpl(Inline)]
    public static Vector128<float> Lookup(float* table, byte* indices)
    {
        return Vector128.Create(table[indices[0]], table[indices[1]], table[indices[2]], table[indices[3]]);
    }

    [MethodImpl(Inline)]
    public static uint GreaterThan(Vector128<float> left, Vector128<float> right) =>
        (uint)Vector128.GreaterThan(left, right).ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public static Vector128<float> DropoutFactors(uint key, uint index, uint threshold, float scale)
    {
        Vector128<uint> hash = CounterRandom.Hash(Vector128<uint>.Indices + Vector128.Create(index), key);
        return Vector128.ConditionalSelect(
            Vector128.GreaterThanOrEqual(hash, Vector128.Create(threshold)).AsSingle(), Vector128.Create(scale), Vector128<float>.Zero);
    }

    [MethodImpl(Inline)]
    public static Vector128<float> LowHalves(float* pairs) => (Vector128.Load((uint*)pairs) << 16).AsSingle();

    [MethodImpl(Inline)]
    public static Vector128<float> HighHalves(float* pairs) => (Vector128.Load((uint*)pairs) & Vector128.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(Inline)]
    public static Vector128<float> SumEach(float* registers) =>
        FoldFour(Load(registers), Load(registers + 4), Load(registers + 8), Load(registers + 12));

    [MethodImpl(Inline)]
    public static Vector128<float> ZeroWhereEqual(Vector128<float> value, int* ids, int id) =>
        Vector128.AndNot(value, Vector128.Equals(Vector128.Load(ids), Vector128.Create(id)).AsSingle());

    // Each of the four sums in a lane of its own.
    [MethodImpl(Inline)]
    private static Vector128<float> FoldFour(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(a, b), AdvSimd.Arm64.AddPairwise(c, d));
        if (!Sse.IsSupported) return Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d));
        Vector128<float> ab = Sse.UnpackLow(a, b) + Sse.UnpackHigh(a, b), cd = Sse.UnpackLow(c, d) + Sse.UnpackHigh(c, d);
        return Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab);
    }

    [MethodImpl(Inline)]
    public static void Transpose(float* source, nint sourceStride, float* target, nint targetStride)
    {
        for (int c = 0; c < 4; c++)
            Vector128.Create(source[c], source[sourceStride + c], source[2 * sourceStride + c], source[3 * sourceStride + c]).Store(target + c * targetStride);
    }

    [MethodImpl(Inline)]
    public static Vector128<float> Differences(double minuend, double* subtrahends) =>
        Vector128.Narrow(Vector128.Create(minuend) - Vector128.Load(subtrahends), Vector128.Create(minuend) - Vector128.Load(subtrahends + 2));

    [MethodImpl(Inline)] public static Vector128<float> BitsAsNumbers(Vector128<float> value) => Vector128.ConvertToSingle(value.AsInt32());

    [MethodImpl(Inline)]
    public static void StoreBytes(Vector128<float> value, byte* target)
    {
        Vector128<int> numbers = Vector128.ConvertToInt32(value);
        for (int lane = 0; lane < 4; lane++) target[lane] = (byte)numbers[lane];
    }
}
