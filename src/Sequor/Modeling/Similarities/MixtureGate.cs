using Sequor.Autograd;

namespace Sequor.Modeling.Similarities;

/// <summary>What the pair kernels read: layout, the part of the gate that sees the logits, and how the parts combine.</summary>
internal readonly unsafe struct MixtureGate
{
    internal required MixtureLayout Layout { get; init; }

    internal required GatingCombination Combination { get; init; }

    /// <summary>Smallest sum of weights left by dropout that is divided by.</summary>
    internal required float Epsilon { get; init; }

    /// <summary>(hidden, P), or null: then <see cref="Output"/> is (P, P) and reads the logits.</summary>
    internal Matrix? Hidden { get; init; }

    internal Matrix? HiddenBiases { get; init; }

    /// <summary>(P, hidden); null where the logits have no part in the gate.</summary>
    internal Matrix? Output { get; init; }

    internal Matrix? OutputBiases { get; init; }

    internal float* HiddenBias => HiddenBiases!.Value.Data;

    internal float* OutputBias => OutputBiases!.Value.Data;

    internal float* HiddenBiasGradient => HiddenBiases!.Value.Gradient;

    internal float* OutputBiasGradient => OutputBiases!.Value.Gradient;

    /// <summary>Hidden units; 0 without.</summary>
    internal int HiddenDim => Hidden?.Rows ?? 0;

    /// <summary>Multiply-adds of one pair, forward.</summary>
    internal long PairWork => (long)Layout.Logits * (Layout.Dim + (Output is null ? 0 : HiddenDim == 0 ? Layout.Logits : 2 * HiddenDim));
}
