using Sequor.Kernels;

namespace Sequor.Losses;

/// <summary>Draws negatives: ids only, a pure function of (seed, step, token).</summary>
internal sealed class NegativeSampler
{
    private const int PieceSize = 1 << 14;
    private readonly LossConfig _config;
    private readonly int _itemCount;
    private readonly ulong _seed;
    private readonly int[] _seen;
    private readonly Action<int> _draw;
    private CounterRandom _random;
    private int[] _negatives = [];
    private int _count, _poolSize;
    private int[] _distinct = [];
    private int _stamp;

    internal NegativeSampler(LossConfig config, int itemCount, ulong seed)
    {
        (_config, _itemCount, _seed) = (config, itemCount, seed);
        _seen = new int[itemCount + 1];
        _draw = Draw;
    }

    /// <summary>
    /// Fills the first <paramref name="count"/> = T × R entries of <paramref name="negatives"/>. Local: uniform over items 1 … X with replacement. In-batch: uniform over the distinct
    /// items of the batch, its targets included.
    /// </summary>
    internal void Sample(WorkerPool workers, long step, ReadOnlySpan<int> items, ReadOnlySpan<int> targets, int[] negatives, int count)
    {
        _random = new CounterRandom(_seed, RandomPurpose.Negatives, (ulong)step);
        (_negatives, _count) = (negatives, count);
        _poolSize = _config.Sampling == NegativeSampling.Local ? _itemCount : Distinct(items, targets);
        workers.Run((count + PieceSize - 1) / PieceSize, _draw);
    }

    private void Draw(int piece)
    {
        int end = (int)Math.Min((long)(piece + 1) * PieceSize, _count);
        bool local = _config.Sampling == NegativeSampling.Local;
        for (int e = piece * PieceSize; e < end; e++)
        {
            int drawn = _random.Below(_poolSize, (ulong)e);
            _negatives[e] = local ? 1 + drawn : _distinct[drawn];
        }
    }

    // In order of first appearance, so that the pool does not depend on how ids are numbered.
    private int Distinct(ReadOnlySpan<int> items, ReadOnlySpan<int> targets)
    {
        if (_distinct.Length < items.Length + targets.Length) _distinct = new int[items.Length + targets.Length];
        _stamp++;
        int count = 0;
        foreach (int item in items) count = Note(item, count);
        foreach (int item in targets) count = Note(item, count);
        return count;
    }

    private int Note(int item, int count)
    {
        if (_seen[item] == _stamp) return count;
        _seen[item] = _stamp;
        _distinct[count] = item;
        return count + 1;
    }
}
