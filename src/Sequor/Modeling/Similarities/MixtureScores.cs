using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>Scores of a query against a block of items at this machine's width, and the bound that spares the gate: φ ≤ max_p s_p, as π ≥ 0 and Σ π = 1.</summary>
internal static unsafe class MixtureScores
{
    private const float HalfStep = 5.9604645e-8f;

    /// <summary>
    /// How far φ as it is computed may lie above max_p s_p, as a share of max_p |s_p|: P multiply-adds above, P sums below, a reciprocal and a product, each off by
    /// half a step at most.
    /// </summary>
    internal static float Rounding(in MixtureGate gate) => (2 * gate.Layout.Logits + 16) * HalfStep;

    /// <summary>Fills the tile's φ from items in a block (item width × lanes).</summary>
    internal static void Forward(in MixtureGate gate, float* query, float* block, in MixtureTile tile)
    {
        if (Simd.Width == 16) MixtureKernel<Vector512<float>, Simd512>.Forward(gate, query, block, tile);
        else if (Simd.Width == 8) MixtureKernel<Vector256<float>, Simd256>.Forward(gate, query, block, tile);
        else MixtureKernel<Vector128<float>, Simd128>.Forward(gate, query, block, tile);
    }

    /// <summary>Fills the tile's φ from its component logits and the items' part of the gate (P × lanes): the same bits as <see cref="Forward"/>.</summary>
    internal static void Mix(in MixtureGate gate, float* query, float* itemGate, in MixtureTile tile)
    {
        if (Simd.Width == 16) MixtureKernel<Vector512<float>, Simd512>.Mix(gate, query, itemGate, tile);
        else if (Simd.Width == 8) MixtureKernel<Vector256<float>, Simd256>.Mix(gate, query, itemGate, tile);
        else MixtureKernel<Vector128<float>, Simd128>.Mix(gate, query, itemGate, tile);
    }

    /// <summary>Fills the tile's component logits, and bounds (lanes) that no φ exceeds as it is computed.</summary>
    internal static void Bounds(in MixtureGate gate, float* query, float* block, in MixtureTile tile, float* bounds)
    {
        if (Simd.Width == 16) Bounds<Vector512<float>, Simd512>(gate, query, block, tile, bounds);
        else if (Simd.Width == 8) Bounds<Vector256<float>, Simd256>(gate, query, block, tile, bounds);
        else Bounds<Vector128<float>, Simd128>(gate, query, block, tile, bounds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Bounds<V, S>(in MixtureGate gate, float* query, float* block, in MixtureTile tile, float* bounds) where V : struct where S : struct, ISimd<V>
    {
        MixtureKernel<V, S>.Logits(gate, query, block, tile);
        V rounding = S.Create(Rounding(gate));
        for (int r = 0; r < tile.Lanes; r += S.Count)
        {
            V highest = S.Load(tile.Logits + r), lowest = highest;
            for (int p = 1; p < gate.Layout.Logits; p++)
            {
                V s = S.Load(tile.Logits + p * tile.Lanes + r);
                highest = S.Max(highest, s);
                lowest = S.Min(lowest, s);
            }
            V largest = S.Max(highest, S.Subtract(S.Zero, lowest));
            S.Store(S.MultiplyAdd(rounding, largest, highest), bounds + r);
        }
    }
}
