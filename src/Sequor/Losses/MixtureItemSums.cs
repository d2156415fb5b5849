using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Autograd;
using Sequor.Kernels;
using Sequor.Modeling.Similarities;

namespace Sequor.Losses;

/// <summary>
/// Adds up what the pairs of a wave of tokens hold for the items' rows: dg_x += Σ_q ds[q·P_X + x] · f_q, and the gate's part. The pairs are dealt out by
/// the item's last digit and sorted by item, so that a piece owns its items and an item's pairs are added in registers, in order.
/// </summary>
internal sealed unsafe class MixtureItemSums
{
    private const int Pieces = 16;
    private readonly Action<int> _add;
    private readonly int[] _starts = new int[Pieces + 1];
    private ulong[] _shares = [];
    private Matrix _queries, _items;
    private MixtureLayout _layout;
    private MixtureSamples _samples;
    private float* _pairs;
    private int _first, _rowsPerToken;

    internal MixtureItemSums() => _add = Simd.Width switch
    {
        16 => Add<Vector512<float>, Simd512>,
        8 => Add<Vector256<float>, Simd256>,
        _ => Add<Vector128<float>, Simd128>,
    };

    private int PairStride => 2 * Simd.Pad(_layout.Logits);

    /// <summary>Takes both sides' rows of a step; each token has room for <paramref name="rowsPerToken"/> pairs.</summary>
    internal void Begin(Matrix queries, Matrix items, in MixtureLayout layout, in MixtureSamples samples, int rowsPerToken) =>
        (_queries, _items, _layout, _samples, _rowsPerToken) = (queries, items, layout, samples, rowsPerToken);

    /// <summary>Adds the pairs of <paramref name="tokens"/> tokens from <paramref name="first"/> on: of each the gradients of its logits, then of its gate, padded.</summary>
    internal void Add(WorkerPool workers, float* pairs, int first, int tokens)
    {
        _first = first;
        _pairs = pairs;
        Deal(tokens);
        workers.Run(Pieces, _add);
    }

    // A pair is its item, then its number.
    private void Deal(int tokens)
    {
        int samples = _samples.Count;
        if (_shares.Length < tokens * samples) _shares = new ulong[tokens * samples];
        Span<int> next = stackalloc int[Pieces + 1];
        next.Clear();
        for (int at = 0; at < tokens; at++)
            for (int r = 0; r < samples; r++) next[(_samples[_first + at, r] & (Pieces - 1)) + 1]++;
        for (int piece = 0; piece < Pieces; piece++) next[piece + 1] += next[piece];
        next.CopyTo(_starts);
        for (int at = 0; at < tokens; at++)
            for (int r = 0; r < samples; r++)
            {
                int place = _samples[_first + at, r];
                _shares[next[place & (Pieces - 1)]++] = (ulong)place << 32 | (uint)(at * samples + r);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<V, S>(int piece) where V : struct where S : struct, ISimd<V>
    {
        int samples = _samples.Count, padded = PairStride / 2, stride = _layout.Stride;
        Span<ulong> share = _shares.AsSpan(_starts[piece].._starts[piece + 1]);
        share.Sort();
        for (int first = 0, end; first < share.Length; first = end)
        {
            int place = (int)(share[first] >> 32);
            for (end = first + 1; end < share.Length && (int)(share[end] >> 32) == place;) end++;
            int count = end - first;
            float** sides = (float**)Scratch.Take(4L * count), pairs = sides + count;
            for (int i = 0; i < count; i++)
            {
                int number = (int)(uint)share[first + i];
                sides[i] = _queries.Row(_first + number / samples);
                pairs[i] = PairAt(number, samples);
                // As many pairs of the items to come: theirs lie anywhere in the wave.
                if (end + i < share.Length) Prefetch.Row(PairAt((int)(uint)share[end + i], samples), PairStride);
            }
            float* target = _items.RowGradient(place), gate = target + _layout.ItemGate;
            for (int x = 0; x < _layout.ItemGroups; x += 4)
                for (int c = 0; c < stride; c += S.Count)
                    Components<V, S>(_layout, sides, pairs, count, x, c, target + (nint)x * stride + c);
            for (int c = 0; c < padded; c += S.Count)
            {
                V sum = S.Load(gate + c);
                for (int i = 0; i < count; i++) sum = S.Add(sum, S.Load(pairs[i] + padded + c));
                S.Store(sum, gate + c);
            }
        }
    }

    private float* PairAt(int number, int samples)
    {
        int at = number / samples;
        return _pairs + ((long)at * _rowsPerToken + number - at * samples) * PairStride;
    }

    // A register of each of up to four of an item's components, from all of its pairs: a query's register is read once for the four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Components<V, S>(in MixtureLayout layout, float** queries, float** pairs, int count, int x, nint column, float* target)
        where V : struct where S : struct, ISimd<V>
    {
        int groups = layout.ItemGroups, width = Math.Min(4, groups - x);
        nint stride = layout.Stride, depth = layout.QueryGroups * stride;
        V g0 = S.Load(target), g1 = width > 1 ? S.Load(target + stride) : S.Zero, g2 = width > 2 ? S.Load(target + 2 * stride) : S.Zero, g3 = width > 3 ? S.Load(target + 3 * stride) : S.Zero;
        for (int i = 0; i < count; i++)
        {
            // Behind the last component of a query group the next one's coefficients, or the gate's part, are read and not stored.
            float* d = pairs[i] + x, f = queries[i] + column;
            for (float* end = f + depth; f < end; f += stride, d += groups)
            {
                V side = S.Load(f);
                g0 = S.MultiplyAdd(S.Create(d[0]), side, g0);
                g1 = S.MultiplyAdd(S.Create(d[1]), side, g1);
                g2 = S.MultiplyAdd(S.Create(d[2]), side, g2);
                g3 = S.MultiplyAdd(S.Create(d[3]), side, g3);
            }
        }
        S.Store(g0, target);
        if (width > 1) S.Store(g1, target + stride);
        if (width > 2) S.Store(g2, target + 2 * stride);
        if (width > 3) S.Store(g3, target + 3 * stride);
    }
}
