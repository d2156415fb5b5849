using System.Runtime.CompilerServices;

namespace Sequor.Kernels;

/// <summary>One sequence of a jagged batch, as attention sees it: pointers to its first row, strides in floats.</summary>
internal unsafe struct AttentionSequence
{
    /// <summary>Number of events, n.</summary>
    internal int Length;

    internal float* Query, Key, Value, Output;
    internal nint QueryStride, KeyStride, ValueStride, OutputStride;

    /// <summary>log₂ of the softmax's denominators (n × heads): forward writes them, backward reads them; null where nothing is differentiated or under SiLU.</summary>
    internal float* Denominators;

    /// <summary>Time buckets in squares (<see cref="TimeBuckets"/>), or null.</summary>
    internal byte* Buckets;

    /// <summary>Index of the sequence's first token in the batch; keys the dropout of its rows.</summary>
    internal uint FirstToken;

    /// <summary>Where forward finds the keys and values packed; where there are no strips it packs them itself.</summary>
    internal KeyStrips Strips;
}

/// <summary>The learned bias of a layer; heads share it.</summary>
internal unsafe struct AttentionBias
{
    /// <summary>Bias of distance j − i = 0 (entry N − 1 of the table), with at least 64 readable floats behind the table; null without bias.</summary>
    internal float* PositionCenter;

    /// <summary>256 floats, indexed by bucket; null without times.</summary>
    internal float* Time;
}

/// <summary>
/// Causal attention over rows of one jagged sequence: out_i = Σ_{j ≤ i} weight(q_i·k_j + position[j − i] + time[bucket_ij]) · v_j.
/// </summary>
/// <remarks>
/// Loop order: blocks of 64 rows; within a block strips of 64 keys; within the square the heads, which share its bias; within a head
/// tiles of rows that run q·Kᵀ, the weights in place, and weights·V. So a strip of K and V is packed once, lies dense, is read from L1
/// for 64 rows, and the time of a long sequence grows with its causal work. Only squares on the diagonal are cut: there a tile has 16
/// rows and ends at its last row's column. Backward recomputes the scores and keeps the gradients of K and V transposed, (dim, keys),
/// so that registers run along keys and a head's odd width costs nothing. Nothing of size n × n exists; scratch is linear in n.
/// n²·(dqk + dv)·H FLOPs forward and 2.5 times that backward; memory traffic is the rows of q, k, v once.
/// A sequence may be cut into parts: forward anywhere, as rows are independent; backward at multiples of 64 rows, where parts leave partial
/// gradients of the keys that they see.
/// </remarks>
internal static unsafe class CausalAttention<V, S, W> where V : struct where S : struct, ISimd<V> where W : struct, IAttentionWeights<V, S>
{
    private const int Block = CausalAttention.BlockRows;
    private const int DiagonalRows = 16;
    private const int Square = Block * AttentionTile.Stride;

    /// <summary>Rows first … end − 1 of the output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Forward(in AttentionSequence x, int firstRow, int endRow, int heads, int dqk, int dv, in AttentionBias bias, in AttentionSettings settings)
    {
        bool packs = x.Strips.Table == null;
        int dvp = KeyStrips.ValueWidth(dv, S.Count), keyStride = packs ? Math.Min(Block, Simd.Pad(endRow)) : x.Strips.Rows, count = (endRow + Block - 1) / Block;
        nint perHead = (nint)keyStride * (dqk + dvp);
        long packed = packs ? KeyStrips.Floats(count, heads * perHead) : 0;
        float* scores = Scratch.Take(packed + 2 * Square + (long)heads * Block * (dvp + 2)) + packed, biasRows = scores + Square, sums = biasRows + Square;
        float* first = sums + (long)heads * Block * dvp, second = first + heads * Block;
        KeyStrips strips = packs ? KeyStrips.In(scores - packed, count, heads * perHead, keyStride) : x.Strips;
        if (packs) Pack(x, strips, 0, endRow, heads, dqk, dv, clears: true);

        bool biased = bias.PositionCenter != null;
        AttentionTile tile = new() { Scores = scores, OutputStride = dvp, RowCounterStep = (uint)heads };
        for (int i0 = firstRow, rows; i0 < endRow; i0 += rows)
        {
            rows = Math.Min(Block - i0 % Block, endRow - i0);
            for (int h = 0; h < heads; h++) W.Begin(first + h * Block, second + h * Block, rows);
            for (int j0 = 0; j0 <= i0; j0 += Block)
            {
                int tileRows = j0 + Block <= i0 ? Block : DiagonalRows;
                if (biased) BiasSquare(biasRows, x, bias, i0, j0, rows);
                for (int h = 0; h < heads; h++)
                {
                    float* keysT = strips.Of(j0) + h * perHead, values = keysT + keyStride * dqk;
                    tile.FirstColumn = j0;
                    tile.RowCounter = x.FirstToken * (uint)heads + (uint)h;
                    for (int r0 = 0; r0 < rows; r0 += tileRows)
                    {
                        int i = i0 + r0, seen = Math.Min(Block, Math.Min(i + tileRows, endRow) - j0);
                        tile.Rows = Math.Min(tileRows, rows - r0);
                        tile.Width = Simd.Pad(seen);
                        tile.FirstRow = i;
                        tile.Diagonal = i - j0;
                        tile.Bias = biased ? biasRows + r0 * AttentionTile.Stride : null;
                        tile.Output = sums + (h * Block + r0) * dvp;
                        tile.First = first + h * Block + r0;
                        tile.Second = second + h * Block + r0;
                        MatrixMultiply.Run<V, S>(x.Query + i * x.QueryStride + h * dqk, x.QueryStride, 1, keysT, keyStride, scores, AttentionTile.Stride, tile.Rows, dqk, tile.Width, false);
                        W.Forward(tile, settings);
                        MatrixMultiply.Run(scores, AttentionTile.Stride, 1, values, dvp, tile.Output, dvp, tile.Rows, seen, dvp, j0 > 0);
                    }
                }
            }

            for (int r = 0; r < rows; r++)
            {
                float* output = x.Output + (i0 + r) * x.OutputStride;
                for (int c = heads * dv / S.Count * S.Count; c < x.OutputStride; c += S.Count) S.Store(S.Zero, output + c);
                for (int h = 0; h < heads; h++)
                    Layout.ScaleRow<V, S>(W.Factor(settings, i0 + r, second[h * Block + r]), sums + (h * Block + r) * dvp, output + h * dv, dv);
                if (W.HasDenominator && x.Denominators != null)
                    for (int h = 0; h < heads; h++) x.Denominators[(i0 + r) * heads + h] = first[h * Block + r] + MathF.Log2(second[h * Block + r]);
            }
        }
    }

    /// <summary>
    /// Gradients of rows first … end − 1. <paramref name="d"/> holds pointers to the gradients of query (these rows are assigned), key
    /// and value (see <see cref="CausalAttention.Collect"/>) and of the output (read), in the layout of <paramref name="x"/>. What the
    /// rows give to the keys and values that they see goes to <paramref name="keyGradients"/>, or, where that is null and the rows are
    /// all there are, straight to their place. Bias gradients are added: <paramref name="positionCenter"/> has the
    /// layout of <see cref="AttentionBias.PositionCenter"/>, <paramref name="timeGradient"/> <see cref="TimeBuckets.Count"/> × 16 floats (sixteen partial sums
    /// a bucket, so that neighbouring stores do not wait for each other); both null without bias.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Backward(
        in AttentionSequence x, in AttentionSequence d, int firstRow, int endRow, int heads, int dqk, int dv, in AttentionBias bias, in AttentionSettings settings,
        float* keyGradients, float* positionCenter, float* timeGradient)
    {
        const int Stride = AttentionTile.Stride;
        int keyStride = CausalAttention.KeyStride(x.Length), dp = KeyStrips.ValueWidth(dqk, S.Count), strips = (endRow + Block - 1) / Block;
        long perHead = (long)keyStride * (dqk + dv) + (long)Block * dp, perStrip = heads * perHead, ownGradients = keyGradients != null ? 0 : CausalAttention.KeyGradientSize(x.Length, endRow, heads, dqk, dv);
        float* packed = Scratch.Take(strips * perStrip + ownGradients + 4 * Square + (long)heads * Block * (dqk + dv + dp + 2));
        float* scores = packed + strips * perStrip, gradients = scores + Square, biasRows = gradients + Square, headSum = biasRows + Square;
        float* queries = headSum + Square, outGradients = queries + (long)heads * Block * dqk, sums = outGradients + (long)heads * Block * dv;
        float* first = sums + (long)heads * Block * dp, second = first + heads * Block, own = second + heads * Block;
        float* keysGradient = keyGradients != null ? keyGradients : own;
        for (int j0 = 0; j0 < endRow; j0 += Block)
            for (int h = 0; h < heads; h++)
            {
                float* keysT = packed + j0 / Block * perStrip + h * perHead, valuesT = keysT + keyStride * dqk;
                int columns = Math.Min(Block, endRow - j0);
                Layout.Transpose(x.Key + j0 * x.KeyStride + h * dqk, x.KeyStride, keysT, keyStride, columns, dqk, Simd.Pad(columns));
                Layout.Transpose(x.Value + j0 * x.ValueStride + h * dv, x.ValueStride, valuesT, keyStride, columns, dv, Simd.Pad(columns));
                Layout.CopyRows<V, S>(x.Key + j0 * x.KeyStride + h * dqk, x.KeyStride, valuesT + keyStride * dv, dp, columns, dqk);
            }

        bool biased = bias.PositionCenter != null;
        AttentionTile tile = new() { RowCounterStep = (uint)heads };
        for (int i0 = firstRow; i0 < endRow; i0 += Block)
        {
            int rows = Math.Min(Block, endRow - i0);
            for (int h = 0; h < heads; h++)
                for (int r = 0; r < rows; r++)
                {
                    int i = i0 + r;
                    float* gradient = d.Output + i * d.OutputStride + h * dv;
                    Layout.ScaleRow<V, S>(1f, x.Query + i * x.QueryStride + h * dqk, queries + (h * Block + r) * dqk, dqk);
                    Layout.ScaleRow<V, S>(W.GradientFactor(settings, i), gradient, outGradients + (h * Block + r) * dv, dv);
                    if (!W.HasDenominator) continue;
                    first[h * Block + r] = x.Denominators[i * heads + h];
                    second[h * Block + r] = Dot(gradient, x.Output + i * x.OutputStride + h * dv, dv);
                }
            for (int j0 = 0; j0 <= i0; j0 += Block)
            {
                int tileRows = j0 < i0 ? Block : DiagonalRows, columns = j0 < i0 ? Block : rows;
                if (biased) BiasSquare(biasRows, x, bias, i0, j0, rows);
                for (int h = 0; h < heads; h++)
                {
                    float* keysT = packed + j0 / Block * perStrip + h * perHead, valuesT = keysT + keyStride * dqk, keys = valuesT + keyStride * dv;
                    float* query = queries + h * Block * dqk, outGradient = outGradients + h * Block * dv;
                    tile.FirstColumn = j0;
                    tile.RowCounter = x.FirstToken * (uint)heads + (uint)h;
                    for (int r0 = 0; r0 < rows; r0 += tileRows)
                    {
                        int i = i0 + r0, seen = Math.Min(Block, Math.Min(i + tileRows, endRow) - j0);
                        tile.Scores = scores + r0 * Stride;
                        tile.Gradients = gradients + r0 * Stride;
                        tile.Rows = Math.Min(tileRows, rows - r0);
                        tile.Width = Simd.Pad(seen);
                        tile.FirstRow = i;
                        tile.Diagonal = i - j0;
                        tile.Bias = biased ? biasRows + r0 * Stride : null;
                        tile.First = first + h * Block + r0;
                        tile.Second = second + h * Block + r0;
                        MatrixMultiply.Run<V, S>(query + r0 * dqk, dqk, 1, keysT, keyStride, tile.Scores, Stride, tile.Rows, dqk, tile.Width, false);
                        MatrixMultiply.Run<V, S>(outGradient + r0 * dv, dv, 1, valuesT, keyStride, tile.Gradients, Stride, tile.Rows, dv, tile.Width, false);
                        W.Backward(tile, settings);
                        if (biased && heads > 1) AddHead(tile.Gradients, headSum + r0 * Stride, tile.Rows, tile.Width, h == 0);
                        MatrixMultiply.Run(tile.Gradients, Stride, 1, keys, dp, sums + (h * Block + r0) * dp, dp, tile.Rows, seen, dp, j0 > 0);
                    }

                    // Columns left of the diagonal get something from all rows, columns on it from the rows of their tile on.
                    float* keyGradient = keysGradient + CausalAttention.KeyGradientSize(x.Length, j0, heads, dqk, dv) + (long)h * keyStride * (dqk + dv);
                    float* valueGradient = keyGradient + keyStride * dqk;
                    bool adds = i0 > Math.Max(firstRow, j0);
                    int step = j0 < i0 ? Block : DiagonalRows;
                    for (int c = 0; c < columns; c += step)
                    {
                        int r = j0 < i0 ? 0 : c, width = Math.Min(step, Simd.Pad(columns - c));
                        MatrixMultiply.Run<V, S>(query + r * dqk, 1, dqk, gradients + r * Stride + c, Stride, keyGradient + c, keyStride, dqk, rows - r, width, adds);
                        MatrixMultiply.Run<V, S>(outGradient + r * dv, 1, dv, scores + r * Stride + c, Stride, valueGradient + c, keyStride, dv, rows - r, width, adds);
                    }
                }
                if (biased) BiasGradient(heads > 1 ? headSum : gradients, x, i0, j0, rows, positionCenter, timeGradient);
            }

            for (int r = 0; r < rows; r++)
                for (int h = 0; h < heads; h++)
                    Layout.ScaleRow<V, S>(1f, sums + (h * Block + r) * dp, d.Query + (i0 + r) * d.QueryStride + h * dqk, dqk);
        }
        if (keyGradients == null) CausalAttention.Collect(d, 0, endRow, heads, dqk, dv, own);
    }

    /// <summary>
    /// Packs the keys and values of rows first … end − 1; <paramref name="clears"/> the keys behind them, up to a multiple of sixteen, in memory
    /// that may hold anything.
    /// </summary>
    internal static void Pack(in AttentionSequence x, in KeyStrips strips, int firstRow, int endRow, int heads, int dqk, int dv, bool clears)
    {
        int dvp = KeyStrips.ValueWidth(dv, S.Count), rows;
        for (int j = firstRow; j < endRow; j += rows)
        {
            int place = j % Block;
            rows = Math.Min(Block - place, endRow - j);
            for (int h = 0; h < heads; h++)
            {
                float* keysT = strips.Of(j) + (nint)h * strips.Rows * (dqk + dvp);
                Layout.Transpose(x.Key + j * x.KeyStride + h * dqk, x.KeyStride, keysT + place, strips.Rows, rows, dqk, clears ? Simd.Pad(place + rows) - place : rows);
                Layout.CopyRows<V, S>(x.Value + j * x.ValueStride + h * dv, x.ValueStride, keysT + strips.Rows * dqk + place * dvp, dvp, rows, dv);
            }
        }
    }

    /// <summary>Bias of rows i0 … against keys j0 …, as far as the rows see.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BiasSquare(float* square, in AttentionSequence x, in AttentionBias bias, int i0, int j0, int rows)
    {
        float* time = bias.Time;
        int stride = TimeBuckets.Stride(x.Length);
        byte* buckets = x.Buckets == null ? null : x.Buckets + TimeBuckets.Square(i0, j0) + i0 % Block * stride;
        for (int r = 0; r < rows; r++)
        {
            int i = i0 + r, seen = Math.Min(Block, i - j0 + 1);
            float* row = square + r * AttentionTile.Stride, position = bias.PositionCenter + (j0 - i);
            byte* bucket = buckets == null ? null : buckets + r * stride;
            for (int c = 0; c < seen; c += S.Count)
                S.Store(bucket == null ? S.Load(position + c) : S.Add(S.Lookup(time, bucket + c), S.Load(position + c)), row + c);
        }
    }

    private static void AddHead(float* gradient, float* sum, int rows, int width, bool first)
    {
        for (int r = 0; r < rows; r++, gradient += AttentionTile.Stride, sum += AttentionTile.Stride)
            for (int c = 0; c < width; c += S.Count)
                S.Store(first ? S.Load(gradient + c) : S.Add(S.Load(sum + c), S.Load(gradient + c)), sum + c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BiasGradient(float* square, in AttentionSequence x, int i0, int j0, int rows, float* positionCenter, float* timeGradient)
    {
        byte* buckets = x.Buckets == null ? null : x.Buckets + TimeBuckets.Square(i0, j0);
        int stride = TimeBuckets.Stride(x.Length);
        for (int r = 0; r < rows; r++)
        {
            int i = i0 + r, seen = Math.Min(Block, i - j0 + 1);
            float* row = square + r * AttentionTile.Stride, position = positionCenter + (j0 - i);
            for (int c = 0; c < seen; c += S.Count) S.Store(S.Add(S.Load(position + c), S.Load(row + c)), position + c);
            if (buckets != null) TimeBuckets.AddGradient(row, buckets + r * stride, seen, timeGradient);
        }
    }

    private static float Dot(float* x, float* y, int count)
    {
        int c = 0;
        V sum = S.Zero;
        for (; c + S.Count <= count; c += S.Count) sum = S.MultiplyAdd(S.Load(x + c), S.Load(y + c), sum);
        float total = S.Sum(sum);
        for (; c < count; c++) total += x[c] * y[c];
        return total;
    }
}

/// <summary>What callers need to cut a sequence, and to put the parts' gradients together.</summary>
internal static unsafe class CausalAttention
{
    /// <summary>A sequence is cut at multiples of this many rows.</summary>
    internal const int BlockRows = 64;

    /// <summary>Keys of a transposed strip: fewer for sequences that end in the first one.</summary>
    internal static int KeyStride(int length) => Math.Min(BlockRows, Simd.Pad(length));

    /// <summary>Floats of the gradients of the keys and values that row end − 1 of a sequence sees: strips of (heads, dqk + dv, keys).</summary>
    internal static long KeyGradientSize(int length, int end, int heads, int dqk, int dv) =>
        (long)((end + BlockRows - 1) / BlockRows) * heads * (dqk + dv) * KeyStride(length);

    /// <summary>Assigns the gradients of keys and values first … end − 1 (from a multiple of 64 on) from what Backward left.</summary>
    internal static void Collect(in AttentionSequence d, int first, int end, int heads, int dqk, int dv, float* keyGradients)
    {
        int stride = KeyStride(d.Length);
        for (int j0 = first; j0 < end; j0 += BlockRows)
        {
            float* strip = keyGradients + KeyGradientSize(d.Length, j0, heads, dqk, dv);
            int columns = Math.Min(BlockRows, end - j0);
            for (int h = 0; h < heads; h++, strip += (long)stride * (dqk + dv))
            {
                Layout.Transpose(strip, stride, d.Key + j0 * d.KeyStride + h * dqk, d.KeyStride, dqk, columns, dqk);
                Layout.Transpose(strip + stride * dqk, stride, d.Value + j0 * d.ValueStride + h * dv, d.ValueStride, dv, columns, dv);
            }
        }
    }
}
