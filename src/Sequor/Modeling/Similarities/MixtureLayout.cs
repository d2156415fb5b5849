using Sequor.Kernels;

namespace Sequor.Modeling.Similarities;

/// <summary>
/// How what is known of one query, or of one item, lies in a row: its components, each padded to whole registers, then its part of the
/// gate (P, zero where there is none). The query's components are divided by the temperature already.
/// </summary>
internal readonly record struct MixtureLayout(int QueryGroups, int ItemGroups, int Dim)
{
    /// <summary>Floats from one component to the next.</summary>
    internal int Stride => Simd.Pad(Dim);

    /// <summary>Component logits of a pair, P; that of query group q and item group x is q·P_X + x.</summary>
    internal int Logits => QueryGroups * ItemGroups;

    /// <summary>First column of a query's part of the gate.</summary>
    internal int QueryGate => QueryGroups * Stride;

    /// <summary>First column of an item's part of the gate.</summary>
    internal int ItemGate => ItemGroups * Stride;

    /// <summary>Floats of a query row.</summary>
    internal int QueryWidth => QueryGate + Simd.Pad(Logits);

    /// <summary>Floats of an item row.</summary>
    internal int ItemWidth => ItemGate + Simd.Pad(Logits);
}
