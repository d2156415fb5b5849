namespace Sequor.Retrieval;

/// <summary>
/// The items whose true score may be among a query's best k, given scores that are off by no more than a margin: all whose upper
/// bound reaches the k-th highest lower bound.
/// </summary>
internal sealed class CandidateList
{
    private readonly ItemBlocks _blocks;
    private ulong[] _keys = [];
    private int _k;
    private int _count;
    private ErrorBound _bound;

    internal CandidateList(ItemBlocks blocks) => _blocks = blocks;

    /// <summary>The k-th highest lower bound so far.</summary>
    internal float Threshold { get; private set; }

    /// <summary>Begins anew; items whose upper bound is below <paramref name="floor"/> do not enter.</summary>
    internal void Begin(int k, ErrorBound bound, float floor)
    {
        _k = k;
        _bound = bound;
        _count = 0;
        Threshold = floor;
        if (_keys.Length < 2 * k + 256) _keys = new ulong[2 * k + 256];
    }

    /// <summary>Adds an item by its lower bound.</summary>
    internal void Push(float lowerBound, int item) => Push(ScoredItem.Key(lowerBound > float.NegativeInfinity ? lowerBound : float.NegativeInfinity, item));

    internal void Merge(CandidateList other)
    {
        for (int i = 0; i < other._count; i++) Push(other._keys[i]);
    }

    /// <summary>The k-th highest lower bound of all; none where there are fewer than k.</summary>
    internal float Floor()
    {
        Prune();
        return _count < _k ? float.NegativeInfinity : Threshold;
    }

    /// <summary>Whether k items have lower bounds from the floor on, so that what did not enter was rightly kept out.</summary>
    internal bool Confirms(float floor)
    {
        int above = 0;
        for (int i = 0; i < _count && above < _k; i++)
            if (ScoredItem.Score(_keys[i]) >= floor) above++;
        return above == _k;
    }

    /// <summary>Copies what is left at the end, in no order, from the given place on; returns how many, 0 behind the last.</summary>
    internal int Take(int from, Span<int> items)
    {
        if (from == 0) Prune();
        int count = Math.Min(items.Length, _count - from);
        for (int i = 0; i < count; i++) items[i] = ScoredItem.Item(_keys[from + i]);
        return count;
    }

    private void Push(ulong key)
    {
        if (_count == _keys.Length)
        {
            Prune();
            if (_count > _keys.Length / 2) Array.Resize(ref _keys, _keys.Length * 2);
        }
        _keys[_count++] = key;
    }

    private void Prune()
    {
        if (_count < _k) return;
        Threshold = MathF.Max(Threshold, ScoredItem.Score(ScoredItem.Select(_keys.AsSpan(0, _count), _k)));
        int kept = _k;
        for (int i = _k; i < _count; i++)
        {
            float upper = ScoredItem.Score(_keys[i]) + 2.001f * _bound.Margin(_blocks.Error((ScoredItem.Item(_keys[i]) - 1) / Kernels.ItemBlock.Items));
            // Not "upper ≥ threshold": an unknown bound keeps its item.
            if (!(upper < Threshold)) _keys[kept++] = _keys[i];
        }
        _count = kept;
    }
}
