namespace Sequor.Kernels;

/// <summary>
/// What a kernel needs of a vector of floats, so that it is written once and compiled for each width: <typeparamref name="V"/> is the
/// register, the implementing struct only names its operations. The JIT specialises on both and leaves no call behind.
/// </summary>
internal unsafe interface ISimd<V> where V : struct
{
    /// <summary>Lanes in a register.</summary>
    static abstract int Count { get; }

    static abstract V Zero { get; }
    static abstract V Create(float value);
    static abstract V Load(float* source);
    static abstract void Store(V value, float* target);

    static abstract V Add(V left, V right);
    static abstract V Subtract(V left, V right);
    static abstract V Multiply(V left, V right);
    static abstract V Divide(V left, V right);

    /// <summary>left · right + addend, rounded once where the hardware fuses.</summary>
    static abstract V MultiplyAdd(V left, V right, V addend);

    static abstract V Max(V left, V right);
    static abstract V Min(V left, V right);
    static abstract V Sqrt(V value);

    /// <summary>Sum of all lanes, in a fixed order.</summary>
    static abstract float Sum(V value);

    /// <summary>Largest lane.</summary>
    static abstract float MaxLane(V value);

    /// <summary>1/value to float precision (a Newton step on an estimate where that is quicker).</summary>
    static abstract V Reciprocal(V value);

    static abstract V Round(V value);

    /// <summary>value · 2^exponent for integral exponents in −126..127.</summary>
    static abstract V Scale(V value, V exponent);

    /// <summary>Lanes ≥ 0 of the selector take <paramref name="ifNotNegative"/>, others <paramref name="ifNegative"/>.</summary>
    static abstract V SelectBySign(V selector, V ifNotNegative, V ifNegative);

    /// <summary>The first <paramref name="count"/> lanes of <paramref name="value"/>; zeros behind.</summary>
    static abstract V KeepFirst(V value, int count);

    /// <summary>table[index] for <see cref="Count"/> byte indices in 0 … 128, the time buckets; all 129 entries may be read.</summary>
    static abstract V Lookup(float* table, byte* indices);

    /// <summary>One bit a lane: left &gt; right.</summary>
    static abstract uint GreaterThan(V left, V right);

    /// <summary>
    /// Inverted dropout factors for lanes <paramref name="index"/> … index + Count − 1: 0 where the hash of (key, lane) lies
    /// under the threshold, else the scale. The same values at any width.
    /// </summary>
    static abstract V DropoutFactors(uint key, uint index, uint threshold, float scale);

    /// <summary>The lower bfloat16 of each pair at <paramref name="pairs"/>: one pair of halves a lane.</summary>
    static abstract V LowHalves(float* pairs);

    /// <summary>The upper bfloat16 of each pair.</summary>
    static abstract V HighHalves(float* pairs);

    /// <summary>Lane r is the sum of the lanes of register r; <see cref="Count"/> registers lie one behind the other at <paramref name="registers"/>.</summary>
    static abstract V SumEach(float* registers);

    /// <summary>0 in the lanes whose id is <paramref name="id"/>, <paramref name="value"/> in the others; reads <see cref="Count"/> ids.</summary>
    static abstract V ZeroWhereEqual(V value, int* ids, int id);

    /// <summary>target[c, r] = source[r, c] on a block of Count × Count floats.</summary>
    static abstract void Transpose(float* source, nint sourceStride, float* target, nint targetStride);

    /// <summary>(float)(minuend − subtrahends[lane]), rounded once where the difference is exact in double.</summary>
    static abstract V Differences(double minuend, double* subtrahends);

    /// <summary>The bit patterns, read as integers and converted.</summary>
    static abstract V BitsAsNumbers(V value);

    /// <summary>Stores integral lanes in 0 … 255 as <see cref="Count"/> bytes.</summary>
    static abstract void StoreBytes(V value, byte* target);
}
