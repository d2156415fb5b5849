using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Losses;

/// <summary>Draws negatives: ids only, a pure function of (seed, step, token), a share's tokens being numbered as in the whole batch.</summary>
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
    private int _tokens, _firstToken, _samples, _tokensPerPiece, _poolSize;
    private int[] _pool = [];
    private int _stamp;

    internal NegativeSampler(LossConfig config, int itemCount, ulong seed)
    {
        (_config, _itemCount, _seed) = (config, itemCount, seed);
        _seen = new int[config is { SamplesInBatch: true, InBatchDedup: true } ? itemCount + 1 : 0];
        _fill = Fill;
    }

    /// <summary>
    /// Fills <paramref name="ids"/> (T × <paramref name="samples"/>): the target of a token, then its R = samples − 1 negatives. Local: uniform
    /// over items 1 … X with replacement. In-batch: uniform over <see cref="Pool"/> with replacement.
    /// </summary>
    internal void Sample(WorkerPool workers, long step, SequenceBatch batch, int* ids, int samples)
    {
        ReadOnlySpan<int> targets = batch.Targets;
        _random = new CounterRandom(_seed, RandomPurpose.Negatives, (ulong)step);
        (_tokens, _firstToken, _samples) = (targets.Length, batch.FirstToken, samples);
        _ids = ids;
        _tokensPerPiece = Math.Max(1, IdsPerPiece / samples);
        if (_config.SamplesInBatch) FillPool(batch.Whole);
        else _poolSize = _itemCount;
        fixed (int* first = targets)
        {
            _targets = first;
            workers.Run((_tokens + _tokensPerPiece - 1) / _tokensPerPiece, _fill);
        }
    }

    /// <summary>
    /// Where in-batch negatives come from: the items of the whole batch, its users' targets included, each once, or, without dedupe, once an event,
    /// so that a popular item is drawn as often as it occurs.
    /// </summary>
    internal ReadOnlySpan<int> Pool => _pool.AsSpan(0, _poolSize);

    private void Fill(int piece)
    {
        int first = piece * _tokensPerPiece, end = Math.Min(_tokens, first + _tokensPerPiece), negatives = _samples - 1;
        for (int t = first; t < end; t++)
        {
            int* ids = _ids + (long)t * _samples;
            ids[0] = _targets[t];
            var drawn = new Span<int>(ids + 1, negatives);
            _random.Below(_poolSize, ((ulong)_firstToken + (ulong)t) * (ulong)negatives, drawn);
            if (_config.SamplesInBatch)
                foreach (ref int id in drawn) id = _pool[id];
            else
                foreach (ref int id in drawn) id++;
        }
    }

    private void FillPool(SequenceBatch batch)
    {
        if (_pool.Length < 2 * batch.TokenCount) _pool = new int[2 * batch.TokenCount];
        _poolSize = 0;
        _stamp++;
        if (!_config.InBatchDedup)
        {
            // Targets are the items behind the first of each user, and then the user's target.
            batch.Targets.CopyTo(_pool);
            _poolSize = batch.TokenCount;
            for (int user = 0; user < batch.UserCount; user++) _pool[_poolSize++] = batch.Items[batch.Offsets[user]];
            return;
        }
        // In order of first appearance, so that the pool does not depend on how ids are numbered.
        foreach (int item in batch.Items) Note(item);
        foreach (int item in batch.Targets) Note(item);
    }

    private void Note(int item)
    {
        if (_seen[item] == _stamp) return;
        _seen[item] = _stamp;
        _pool[_poolSize++] = item;
    }
}
