using System.Runtime.CompilerServices;

namespace Sequor.Kernels;

/// <summary>What a weight depends on.</summary>
internal enum RelativeWeightKind
{
    /// <summary>A table of distances j − i.</summary>
    Position,

    /// <summary>A table of time buckets (<see cref="TimeBuckets"/>).</summary>
    TimeBucket,

    /// <summary>a · (max(t[i + 1] − t[j], 0) + 1)⁻ᵇ.</summary>
    TimeDecay,
}

/// <summary>The weights of a channel; heads share them.</summary>
internal unsafe struct RelativeWeights
{
    internal RelativeWeightKind Kind;

    /// <summary>By position: weight of distance 0, with 64 readable floats behind either end. By bucket: 256 floats.</summary>
    internal float* Table;

    /// <summary>What every weight is multiplied by: a of the decay, otherwise 1.</summary>
    internal float Scale;

    /// <summary>b of the decay.</summary>
    internal float Exponent;
}

/// <summary>One sequence of a jagged batch: pointers to its first row, strides in floats.</summary>
internal unsafe struct RelativeSequence
{
    /// <summary>Number of events, n.</summary>
    internal int Length;

    internal float* Value, Output;
    internal nint ValueStride, OutputStride;

    /// <summary>Time buckets in squares, or null.</summary>
    internal byte* Buckets;

    /// <summary>n + 1 times, the last that of the event to predict; or null.</summary>
    internal long* Times;

    /// <summary>Where forward finds the values packed; where there are no strips it packs them itself.</summary>
    internal KeyStrips Strips;
}

/// <summary>
/// Attention without queries and keys: out_i = Σ_{j ≤ i} weight(j − i, t_{i+1} − t_j) · v_j, one causal product for all heads.
/// </summary>
/// <remarks>
/// Squares of 64 rows and 64 keys as in <see cref="CausalAttention"/>: a square of weights is made, then multiplied with the keys' values
/// while both are in L1; on the diagonal in tiles of 16 rows. Nothing of size n × n exists. n² · C FLOPs forward for C columns. Backward
/// goes by strips of keys, whose gradient is then complete when the strip is, and makes each square again: twice the FLOPs.
/// Either way sequences can be cut at multiples of 64 without sums that parts would share, but for the weights' own gradient.
/// </remarks>
internal static unsafe class RelativeAttention<V, S> where V : struct where S : struct, ISimd<V>
{
    private const int Block = CausalAttention.BlockRows;
    private const int DiagonalRows = 16;
    private const int Square = Block * Block;

    // A register of times may be read past the last one.
    private const int TimeSlack = 16;

    /// <summary>Rows first … end − 1 of the output; its rows' padding becomes zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Forward(in RelativeSequence x, in RelativeWeights weights, int firstRow, int endRow, int columns)
    {
        bool packs = x.Strips.Table == null;
        int width = Simd.Pad(columns), timeFloats = TimeFloats(x), count = (endRow + Block - 1) / Block;
        float* square = Scratch.Take(timeFloats + Square + (packs ? KeyStrips.Floats(count, Block * width) : 0)) + timeFloats;
        double* times = CopyTimes(x, square - timeFloats);
        KeyStrips strips = packs ? KeyStrips.In(square + Square, count, Block * width, Block) : x.Strips;
        if (packs) Pack(x, strips, 0, endRow, columns);
        for (int i0 = firstRow, rows; i0 < endRow; i0 += rows)
        {
            rows = Math.Min(Block - i0 % Block, endRow - i0);
            for (int j0 = 0; j0 <= i0; j0 += Block)
            {
                Weigh(square, null, x, times, weights, i0, j0, rows);
                int step = j0 + Block <= i0 ? Block : DiagonalRows;
                for (int r = 0; r < rows; r += step)
                {
                    int tileRows = Math.Min(step, rows - r), seen = Math.Min(Block, i0 + r + tileRows - j0);
                    MatrixMultiply.Run(square + r * Block, Block, 1, strips.Of(j0), width, x.Output + (i0 + r) * x.OutputStride, x.OutputStride, tileRows, seen, width, j0 > 0);
                }
            }
            if (weights.Scale == 1) continue;
            for (int r = 0; r < rows; r++) Layout.ScaleRow<V, S>(weights.Scale, x.Output + (i0 + r) * x.OutputStride, x.Output + (i0 + r) * x.OutputStride, columns);
        }
    }

    /// <summary>Packs the values of rows first … end − 1, a row behind the other in a strip, with zeros for padding.</summary>
    internal static void Pack(in RelativeSequence x, in KeyStrips strips, int firstRow, int endRow, int columns)
    {
        int width = Simd.Pad(columns);
        for (int j = firstRow; j < endRow; j++)
        {
            float* row = strips.Of(j) + (nint)(j % Block) * width;
            if (width > columns) new Span<float>(row + columns, width - columns).Clear();
            Layout.CopyRows<V, S>(x.Value + j * x.ValueStride, x.ValueStride, row, width, 1, columns);
        }
    }

    /// <summary>
    /// Adds the gradients of the values of the strips of 64 keys first … end − 1, given <paramref name="d"/>, which holds pointers to the
    /// gradients of value and output. The weights' gradient is added to <paramref name="gradient"/>: by position in the layout of
    /// <see cref="RelativeWeights.Table"/>; by bucket 16 partial sums a bucket; of the decay two doubles, Σ g·p and Σ g·p·log₂(Δ + 1) with
    /// p = (Δ + 1)⁻ᵇ.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Backward(in RelativeSequence x, in RelativeSequence d, in RelativeWeights weights, int firstStrip, int endStrip, int columns, float* gradient)
    {
        int width = Simd.Pad(columns), timeFloats = TimeFloats(x), stride = (int)d.OutputStride;
        float* square = Scratch.Take(timeFloats + 3 * Square + 2L * columns * Block + (long)Block * width) + timeFloats, logarithms = square + Square, squareGradient = logarithms + Square;
        float* valuesT = squareGradient + Square, valueGradientT = valuesT + columns * Block, valueGradient = valueGradientT + columns * Block;
        double* times = CopyTimes(x, square - timeFloats);
        for (int j0 = firstStrip * Block; j0 < Math.Min(endStrip * Block, x.Length); j0 += Block)
        {
            int keys = Math.Min(Block, x.Length - j0);
            Layout.Transpose(x.Value + j0 * x.ValueStride, x.ValueStride, valuesT, Block, keys, columns, Simd.Pad(keys));
            for (int i0 = j0; i0 < x.Length; i0 += Block)
            {
                int rows = Math.Min(Block, x.Length - i0), step = j0 < i0 ? Block : DiagonalRows;
                float* outputGradient = d.Output + (long)i0 * stride;
                Weigh(square, logarithms, x, times, weights, i0, j0, rows);
                for (int r = 0; r < rows; r += step)
                {
                    int tileRows = Math.Min(step, rows - r), seen = Math.Min(Block, i0 + r + tileRows - j0);
                    MatrixMultiply.Run<V, S>(outputGradient + r * stride, stride, 1, valuesT, Block, squareGradient + r * Block, Block, tileRows, columns, Simd.Pad(seen), false);
                }
                AddGradient(squareGradient, square, logarithms, x, weights.Kind, i0, j0, rows, gradient);

                // Keys left of the diagonal get something from all rows, keys on it from the rows of their tile on.
                for (int c = 0; c < keys; c += step)
                {
                    int r = j0 < i0 ? 0 : c, some = Math.Min(step, Simd.Pad(keys - c));
                    MatrixMultiply.Run<V, S>(outputGradient + r * stride, 1, stride, square + r * Block + c, Block, valueGradientT + c, Block, columns, rows - r, some, i0 > j0);
                }
            }
            Layout.Transpose(valueGradientT, Block, valueGradient, width, columns, keys, columns);
            for (int j = 0; j < keys; j++) AddRow(weights.Scale, valueGradient + j * width, d.Value + (j0 + j) * d.ValueStride, columns);
        }
    }

    // Weights of rows i0 … against keys j0 …, zero behind the diagonal; of a decay also the logarithms, if asked for.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(float* square, float* logarithms, in RelativeSequence x, double* times, in RelativeWeights weights, int i0, int j0, int rows)
    {
        float* table = weights.Table;
        int bucketStride = TimeBuckets.Stride(x.Length);
        byte* buckets = x.Buckets == null ? null : x.Buckets + TimeBuckets.Square(i0, j0) + i0 % Block * bucketStride;
        V one = S.Create(1f), exponent = S.Create(-weights.Exponent);
        for (int r = 0; r < rows; r++)
        {
            int i = i0 + r, seen = Math.Min(Block, i - j0 + 1), c = 0;
            float* row = square + r * Block;
            for (; c < seen; c += S.Count)
            {
                V weight;
                switch (weights.Kind)
                {
                    case RelativeWeightKind.Position:
                        weight = S.Load(table + (j0 - i) + c);
                        break;
                    case RelativeWeightKind.TimeBucket:
                        weight = S.Lookup(table, buckets + r * bucketStride + c);
                        break;
                    default:
                        V logarithm = VectorMath<V, S>.Log2(S.Add(S.Max(S.Differences(times[i + 1], times + j0 + c), S.Zero), one));
                        if (logarithms != null) S.Store(logarithm, logarithms + r * Block + c);
                        weight = VectorMath<V, S>.Exp2(S.Multiply(exponent, logarithm));
                        break;
                }
                S.Store(c + S.Count > seen ? S.KeepFirst(weight, seen - c) : weight, row + c);
            }
            for (; c < Block; c += S.Count) S.Store(S.Zero, row + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddGradient(float* squareGradient, float* square, float* logarithms, in RelativeSequence x, RelativeWeightKind kind, int i0, int j0, int rows, float* gradient)
    {
        byte* buckets = x.Buckets == null ? null : x.Buckets + TimeBuckets.Square(i0, j0);
        int bucketStride = TimeBuckets.Stride(x.Length);
        V powers = S.Zero, slopes = S.Zero;
        for (int r = 0; r < rows; r++)
        {
            int i = i0 + r, seen = Math.Min(Block, i - j0 + 1);
            float* g = squareGradient + r * Block;
            switch (kind)
            {
                case RelativeWeightKind.Position:
                    AddRow(1f, g, gradient + (j0 - i), seen);
                    break;
                case RelativeWeightKind.TimeBucket:
                    TimeBuckets.AddGradient(g, buckets + r * bucketStride, seen, gradient);
                    break;
                default:
                    // Behind the diagonal the weights are zero.
                    for (int c = 0; c < seen; c += S.Count)
                    {
                        V product = S.Multiply(S.Load(g + c), S.Load(square + r * Block + c));
                        powers = S.Add(powers, product);
                        slopes = S.MultiplyAdd(product, S.Load(logarithms + r * Block + c), slopes);
                    }
                    break;
            }
        }
        if (kind != RelativeWeightKind.TimeDecay) return;
        ((double*)gradient)[0] += S.Sum(powers);
        ((double*)gradient)[1] += S.Sum(slopes);
    }

    // y += factor · x for any number of columns; nothing else is touched.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float factor, float* x, float* y, int columns)
    {
        int c = 0;
        V wide = S.Create(factor);
        for (; c + S.Count <= columns; c += S.Count) S.Store(S.MultiplyAdd(wide, S.Load(x + c), S.Load(y + c)), y + c);
        for (; c < columns; c++) y[c] += factor * x[c];
    }

    private static int TimeFloats(in RelativeSequence x) => x.Times == null ? 0 : Simd.Pad(2 * (x.Length + 1 + TimeSlack));

    // Since the first event, as doubles: the difference of two is then rounded to float once.
    private static double* CopyTimes(in RelativeSequence x, float* memory)
    {
        if (x.Times == null) return null;
        double* times = (double*)memory;
        for (int i = 0; i <= x.Length; i++) times[i] = (double)x.Times[i] - x.Times[0];
        for (int i = x.Length + 1; i <= x.Length + TimeSlack; i++) times[i] = 0;
        return times;
    }
}
