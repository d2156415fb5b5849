using Sequor.Kernels;

namespace Sequor.Losses;

/// <summary>Draws negatives: ids only, a pure function of (seed, step, token).</summary>
internal sealed unsafe class NegativeSampler
{
    private const int IdsPerPiece = 1 << 14;
    private readonly LossConfig _config;
    private readonly int _itemCount;
    private readonly ulong _seed;
    private readonly int[] _seen;
    private readonly Action<int> _fill;
    private CounterRandom _random;
    private int* _ids, _targets;
    private int _tokens, _samples, _tokensPerPiece, _poolSize;
    private int[] _distinct = [];
    private int _stamp;

    internal NegativeSampler(LossConfig config, int itemCount, ulong seed)
    {
        (_config, _itemCount, _seed) = (config, itemCount, seed);
        _seen = new int[config.Sampling == NegativeSampling.InBatch ? itemCount + 1 : 0];
        _fill = Fill;
    }

    /// <summary>
    /// Fills <paramref name="ids"/> (T × <paramref name="samples"/>): the target of a token, then its R = samples − 1 negatives. Local: uniform
    /// over items 1 … X with replacement. In-batch: uniform over the distinct items of the batch, its targets included.
    /// </summary>
    internal void Sample(WorkerPool workers, long step, ReadOnlySpan<int> items, ReadOnlySpan<int> targets, int* ids, int samples)
    {
        _random = new CounterRandom(_seed, RandomPurpose.Negatives, (ulong)step);
        (_tokens, _samples) = (targets.Length, samples);
        _ids = ids;
        _tokensPerPiece = Math.Max(1, IdsPerPiece / samples);
        _poolSize = _config.Sampling == NegativeSampling.Local ? _itemCount : Distinct(items, targets);
        fixed (int* first = targets)
        {
            _targets = first;
            workers.Run((_tokens + _tokensPerPiece - 1) / _tokensPerPiece, _fill);
        }
    }

    private void Fill(int piece)
    {
        int first = piece * _tokensPerPiece, end = Math.Min(_tokens, first + _tokensPerPiece), negatives = _samples - 1;
        for (int t = first; t < end; t++)
        {
            int* ids = _ids + (long)t * _samples;
            ids[0] = _targets[t];
            var drawn = new Span<int>(ids + 1, negatives);
            _random.Below(_poolSize, (ulong)t * (ulong)negatives, drawn);
            if (_config.Sampling == NegativeSampling.Local)
                foreach (ref int id in drawn) id++;
            else
                foreach (ref int id in drawn) id = _distinct[id];
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
