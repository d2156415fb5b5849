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

    /// <summary>Tokens of the batch that these are a share of; 0 stands for no more than these.</summary>
    internal int WholeTokens { get; init; }

    /// <summary>Sums over the shares of a batch; null where there is one.</summary>
    internal SumOverShares? Sum { get; init; }

    /// <summary>Tokens of the whole batch.</summary>
    internal int TokenCount => WholeTokens > 0 ? WholeTokens : Targets.Length;

    internal float Weight(int token) => Weights.IsEmpty ? 1f : Weights[token];

    /// <summary>Sum of the weights over the whole batch.</summary>
    internal double TotalWeight()
    {
        if (Weights.IsEmpty) return TokenCount;
        double sum = 0;
        foreach (float w in Weights) sum += w;
        return OverShares(sum);
    }

    /// <summary>The sum over the whole batch of what these tokens come to.</summary>
    internal double OverShares(double own)
    {
        if (Sum is null) return own;
        Span<double> sum = [own];
        Sum(sum);
        return sum[0];
    }
}
