using Sequor.Kernels;

namespace Sequor.Losses;

/// <summary>Draws negatives: ids only, a pure function of (seed, step, token).</summary>
internal sealed class NegativeSampler(LossConfig config, int itemCount, ulong seed)
{
    private readonly int[] _seen = new int[itemCount + 1];
    private int[] _distinct = [];
    private int _stamp;

    /// <summary>
    /// Fills <paramref name="negatives"/> (T × R). Local: uniform over items 1 … X with replacement. In-batch: uniform over the distinct
    /// items of the batch, its targets included.
    /// </summary>
    internal void Sample(long step, ReadOnlySpan<int> items, ReadOnlySpan<int> targets, Span<int> negatives)
    {
        var random = new CounterRandom(seed, RandomPurpose.Negatives, (ulong)step);
        if (config.Sampling == NegativeSampling.Local)
        {
            for (int e = 0; e < negatives.Length; e++) negatives[e] = 1 + random.Below(itemCount, (ulong)e);
            return;
        }
        ReadOnlySpan<int> pool = Distinct(items, targets);
        for (int e = 0; e < negatives.Length; e++) negatives[e] = pool[random.Below(pool.Length, (ulong)e)];
    }

    // In order of first appearance, so that the pool does not depend on how ids are numbered.
    private ReadOnlySpan<int> Distinct(ReadOnlySpan<int> items, ReadOnlySpan<int> targets)
    {
        if (_distinct.Length < items.Length + targets.Length) _distinct = new int[items.Length + targets.Length];
        _stamp++;
        int count = 0;
        foreach (int item in items) count = Note(item, count);
        foreach (int item in targets) count = Note(item, count);
        return _distinct.AsSpan(0, count);
    }

    private int Note(int item, int count)
    {
        if (_seen[item] == _stamp) return count;
        _seen[item] = _stamp;
        _distinct[count] = item;
        return count + 1;
    }
}
