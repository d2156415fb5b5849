using Sequor.Autograd;

namespace Sequor.Losses;

/// <summary>
/// What a loss sees of a step: states (T, D), the item each should predict (T), its weight (T, or empty for ones) and, where the loss reads
/// ratings, its label (T).
/// </summary>
internal readonly ref struct NextItemBatch
{
    internal required Matrix States { get; init; }
    internal required ReadOnlySpan<int> Targets { get; init; }
    internal ReadOnlySpan<float> Weights { get; init; }
    internal ReadOnlySpan<float> Labels { get; init; }

    internal float Weight(int token) => Weights.IsEmpty ? 1f : Weights[token];

    internal double TotalWeight()
    {
        if (Weights.IsEmpty) return Targets.Length;
        double sum = 0;
        foreach (float w in Weights) sum += w;
        return sum;
    }
}
