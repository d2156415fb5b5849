using System.Runtime.CompilerServices;

namespace Sequor.Kernels;

/// <summary>One sequence of a jagged batch, as attention sees it: pointers to its first row, strides in floats.</summary>
internal unsafe struct AttentionSequence
{
    /// <summary>Number of events, n.</summary>
    internal int Length;

    internal float* Query, Key, Value, Output;
    internal nint QueryStride, KeyStride, ValueStride, OutputStride;

    /// <summary>Triangle of time buckets (<see cref="TimeBuckets"/>), or null.</summary>
    internal byte* Buckets;

    /// <summary>Index of the sequence's first token in the batch; keys the dropout of its rows.</summary>
    internal uint FirstToken;
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
/// Causal attention over one jagged sequence: out_i = Σ_{j ≤ i} weight(q_i·k_j + position[j − i] + time[bucket_ij]) · v_j.
/// </summary>
/// <remarks>
/// Loop order: blocks of 48 rows share their bias rows over heads; within a block tiles of 6 rows run q·Kᵀ over the columns they can
/// see (rounded up to 16), the weights in place, and weights·V, so that a tile's scores never leave L1. Nothing of size n × n exists.
/// Backward recomputes the scores. About 2·n²·(dqk + dv)/2 · H FLOPs forward and 2.5 times that backward; memory traffic is the rows
/// of q, k, v once a head, as the packed sequence stays in L2.
/// </remarks>
internal static unsafe class CausalAttention<V, S, W> where V : struct where S : struct, ISimd<V> where W : struct, IAttentionWeights<V, S>
{
    private const int BlockRows = 48;
    private const int TileRows = 6;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Forward(in AttentionSequence x, int heads, int dqk, int dv, in AttentionBias bias, in AttentionSettings settings)
    {
        int n = x.Length, np = Simd.Pad(n), dvp = HeadWidth(dv);
        long perHead = (long)dqk * np + (long)np * dvp;
        float* memory = Scratch.Take(heads * perHead + (long)(BlockRows + TileRows) * np + TileRows * dvp);
        float* biasRows = memory + heads * perHead, tile = biasRows + BlockRows * np, packedOut = tile + TileRows * np;
        for (int h = 0; h < heads; h++)
        {
            float* keysT = memory + h * perHead, values = keysT + (nint)dqk * np;
            Layout.Transpose(x.Key + h * dqk, x.KeyStride, keysT, np, n, dqk);
            Layout.CopyRows(x.Value + h * dv, x.ValueStride, values, dvp, n, dv);
        }

        for (int i = 0; i < n; i++) new Span<float>(x.Output + i * x.OutputStride + heads * dv, (int)x.OutputStride - heads * dv).Clear();
        bool biased = bias.PositionCenter != null;
        for (int i0 = 0; i0 < n; i0 += BlockRows)
        {
            int rows = Math.Min(BlockRows, n - i0);
            if (biased)
                for (int r = 0; r < rows; r++) BiasRow(biasRows + r * np, x.Buckets, bias, i0 + r);
            for (int h = 0; h < heads; h++)
            {
                float* keysT = memory + h * perHead, values = keysT + (nint)dqk * np;
                for (int r0 = 0; r0 < rows; r0 += TileRows)
                {
                    int first = i0 + r0, count = Math.Min(TileRows, rows - r0), seen = first + count, width = Simd.Pad(seen);
                    MatrixMultiply.Run(x.Query + first * x.QueryStride + h * dqk, x.QueryStride, 1, keysT, np, tile, np, count, dqk, width, false);
                    for (int r = 0; r < count; r++)
                        W.Forward(tile + r * np, biased ? biasRows + (r0 + r) * np : null, first + r, width, settings, RowKey(x, settings, h, heads, first + r));
                    MatrixMultiply.Run(tile, np, 1, values, dvp, packedOut, dvp, count, seen, dvp, false);
                    for (int r = 0; r < count; r++)
                        new ReadOnlySpan<float>(packedOut + r * dvp, dv).CopyTo(new Span<float>(x.Output + (first + r) * x.OutputStride + h * dv, dv));
                }
            }
        }
    }

    /// <summary>
    /// Gradients of one sequence. <paramref name="d"/> holds pointers to the gradients of query, key and value (assigned) and of the
    /// output (read), in the layout of <paramref name="x"/>. Bias gradients are added: <paramref name="positionGradient"/> has the
    /// layout of the position table, <paramref name="timeGradient"/> 256 × 16 floats (sixteen partial sums a bucket, so that
    /// neighbouring stores do not wait for each other); both null without bias.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Backward(
        in AttentionSequence x, in AttentionSequence d, int heads, int dqk, int dv, in AttentionBias bias, in AttentionSettings settings,
        float* positionGradient, float* timeGradient)
    {
        int n = x.Length, np = Simd.Pad(n), dp = HeadWidth(dqk), dvp = HeadWidth(dv);
        long perHead = (long)(dqk + dv) * np + (long)np * (3 * dp + 2 * dvp);
        float* memory = Scratch.Take(heads * perHead + 4L * BlockRows * np + TileRows * dp);
        float* scores = memory + heads * perHead, gradients = scores + BlockRows * np;
        float* biasRows = gradients + BlockRows * np, headSum = biasRows + BlockRows * np, packed = headSum + BlockRows * np;
        for (int h = 0; h < heads; h++)
        {
            Packed p = new(memory + h * perHead, np, dqk, dv, dp, dvp);
            Layout.CopyRows(x.Key + h * dqk, x.KeyStride, p.Keys, dp, n, dqk);
            Layout.Transpose(p.Keys, dp, p.KeysT, np, n, dqk);
            Layout.Transpose(x.Value + h * dv, x.ValueStride, p.ValuesT, np, n, dv);
            Layout.CopyRows(x.Query + h * dqk, x.QueryStride, p.Queries, dp, n, dqk);
            Layout.CopyRows(d.Output + h * dv, d.OutputStride, p.OutputGradient, dvp, n, dv);
            new Span<float>(p.KeyGradient, np * dp).Clear();
            new Span<float>(p.ValueGradient, np * dvp).Clear();
        }

        bool biased = bias.PositionCenter != null;
        for (int i0 = 0; i0 < n; i0 += BlockRows)
        {
            int rows = Math.Min(BlockRows, n - i0);
            if (biased)
                for (int r = 0; r < rows; r++) BiasRow(biasRows + r * np, x.Buckets, bias, i0 + r);
            for (int h = 0; h < heads; h++)
            {
                Packed p = new(memory + h * perHead, np, dqk, dv, dp, dvp);
                for (int r0 = 0; r0 < rows; r0 += TileRows)
                {
                    int first = i0 + r0, count = Math.Min(TileRows, rows - r0), seen = first + count, width = Simd.Pad(seen);
                    float* s = scores + r0 * np, g = gradients + r0 * np;
                    MatrixMultiply.Run(p.Queries + first * dp, dp, 1, p.KeysT, np, s, np, count, dqk, width, false);
                    MatrixMultiply.Run(p.OutputGradient + first * dvp, dvp, 1, p.ValuesT, np, g, np, count, dv, width, false);
                    for (int r = 0; r < count; r++)
                    {
                        W.Backward(s + r * np, g + r * np, biased ? biasRows + (r0 + r) * np : null, first + r, width, settings, RowKey(x, settings, h, heads, first + r));
                        if (biased && heads > 1) AddHead(g + r * np, headSum + (r0 + r) * np, width, h == 0);
                    }
                    MatrixMultiply.Run(g, np, 1, p.Keys, dp, packed, dp, count, seen, dp, false);
                    for (int r = 0; r < count; r++)
                        new ReadOnlySpan<float>(packed + r * dp, dqk).CopyTo(new Span<float>(d.Query + (first + r) * d.QueryStride + h * dqk, dqk));
                }

                // Columns before the block are seen by all of its rows; within the block, by the rows from the tile on.
                if (i0 > 0)
                {
                    MatrixMultiply.Run(gradients, 1, np, p.Queries + i0 * dp, dp, p.KeyGradient, dp, i0, rows, dp, true);
                    MatrixMultiply.Run(scores, 1, np, p.OutputGradient + i0 * dvp, dvp, p.ValueGradient, dvp, i0, rows, dvp, true);
                }
                for (int r0 = 0; r0 < rows; r0 += TileRows)
                {
                    int first = i0 + r0, count = Math.Min(TileRows, rows - r0);
                    MatrixMultiply.Run(gradients + r0 * np + first, 1, np, p.Queries + first * dp, dp, p.KeyGradient + first * dp, dp, count, rows - r0, dp, true);
                    MatrixMultiply.Run(scores + r0 * np + first, 1, np, p.OutputGradient + first * dvp, dvp, p.ValueGradient + first * dvp, dvp, count, rows - r0, dvp, true);
                }
            }
            if (!biased) continue;
            for (int r = 0; r < rows; r++)
                BiasGradient((heads > 1 ? headSum : gradients) + r * np, x.Buckets, i0 + r, positionGradient, timeGradient);
        }

        for (int h = 0; h < heads; h++)
        {
            Packed p = new(memory + h * perHead, np, dqk, dv, dp, dvp);
            for (int i = 0; i < n; i++)
            {
                new ReadOnlySpan<float>(p.KeyGradient + i * dp, dqk).CopyTo(new Span<float>(d.Key + i * d.KeyStride + h * dqk, dqk));
                new ReadOnlySpan<float>(p.ValueGradient + i * dvp, dv).CopyTo(new Span<float>(d.Value + i * d.ValueStride + h * dv, dv));
            }
        }
    }

    /// <summary>Floats that a packed head row takes: heads of 8 and less would waste half of a wide register.</summary>
    private static int HeadWidth(int dim) => dim <= 4 ? 4 : dim <= 8 ? 8 : Simd.Pad(dim);

    private static uint RowKey(in AttentionSequence x, in AttentionSettings settings, int head, int heads, int row) =>
        CounterRandom.Hash((x.FirstToken + (uint)row) * (uint)heads + (uint)head, settings.DropoutKey);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BiasRow(float* row, byte* buckets, in AttentionBias bias, int i)
    {
        float* position = bias.PositionCenter - i;
        if (buckets == null)
        {
            for (int c = 0; c <= i; c += S.Count) S.Store(S.Load(position + c), row + c);
            return;
        }
        buckets += (long)i * (i + 1) / 2;
        for (int c = 0; c <= i; c += S.Count) S.Store(S.Add(S.Lookup(bias.Time, buckets + c), S.Load(position + c)), row + c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddHead(float* gradient, float* sum, int width, bool first)
    {
        for (int c = 0; c < width; c += S.Count)
            S.Store(first ? S.Load(gradient + c) : S.Add(S.Load(sum + c), S.Load(gradient + c)), sum + c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BiasGradient(float* row, byte* buckets, int i, float* positionGradient, float* timeGradient)
    {
        RowKernels<V, S>.Add(row, positionGradient - i, Round(i + 1));
        if (buckets == null) return;
        buckets += (long)i * (i + 1) / 2;
        int j = 0;
        for (; j + 8 <= i + 1; j += 8)
        {
            timeGradient[buckets[j] * 16] += row[j];
            timeGradient[buckets[j + 1] * 16 + 1] += row[j + 1];
            timeGradient[buckets[j + 2] * 16 + 2] += row[j + 2];
            timeGradient[buckets[j + 3] * 16 + 3] += row[j + 3];
            timeGradient[buckets[j + 4] * 16 + 4] += row[j + 4];
            timeGradient[buckets[j + 5] * 16 + 5] += row[j + 5];
            timeGradient[buckets[j + 6] * 16 + 6] += row[j + 6];
            timeGradient[buckets[j + 7] * 16 + 7] += row[j + 7];
        }
        for (; j <= i; j++) timeGradient[buckets[j] * 16 + 8] += row[j];
    }

    private static int Round(int count) => (count + S.Count - 1) / S.Count * S.Count;

    /// <summary>One head of a sequence in scratch memory: dense rows and transposes for backward.</summary>
    private readonly struct Packed
    {
        internal readonly float* KeysT, ValuesT, Keys, Queries, KeyGradient, OutputGradient, ValueGradient;

        internal Packed(float* memory, int np, int dqk, int dv, int dp, int dvp)
        {
            KeysT = memory;
            ValuesT = KeysT + (nint)dqk * np;
            Keys = ValuesT + (nint)dv * np;
            Queries = Keys + (nint)np * dp;
            KeyGradient = Queries + (nint)np * dp;
            OutputGradient = KeyGradient + (nint)np * dp;
            ValueGradient = OutputGradient + (nint)np * dvp;
        }
    }
}
