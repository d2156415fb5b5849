using System.Runtime.CompilerServices;

namespace Sequor.Retrieval;

/// <summary>The best k of a stream of (score, item): higher scores first, lower item index first among equals.</summary>
/// <remarks>Not a heap in the strict sense: twice k entries are collected, then the better half is selected, which is linear and rare.</remarks>
internal sealed unsafe class TopKHeap
{
    private ulong[] _keys = [];
    private int _k;
    private int _count;

    /// <summary>Scores below this cannot enter any more, nor can equal ones of a higher item index than all before.</summary>
    internal float Threshold { get; private set; }

    /// <summary>Begins anew; scores up to <paramref name="floor"/> do not enter.</summary>
    internal void Begin(int k, float floor = float.NegativeInfinity)
    {
        _k = k;
        _count = 0;
        Threshold = floor;
        if (_keys.Length < 2 * k + 64) _keys = new ulong[2 * k + 64];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Push(float score, int item)
    {
        if (_count == _keys.Length) Prune();
        _keys[_count++] = ScoredItem.Key(score, item);
    }

    /// <summary>A floor that the best k pass, those equal to the least of them too; none where there are fewer than k.</summary>
    internal float Floor()
    {
        Prune();
        return _count < _k ? float.NegativeInfinity : MathF.BitDecrement(Threshold);
    }

    internal void Merge(TopKHeap other)
    {
        for (int i = 0; i < other._count; i++)
        {
            if (_count == _keys.Length) Prune();
            _keys[_count++] = other._keys[i];
        }
    }

    /// <summary>Writes the best (at most k), best first; returns how many there are.</summary>
    internal int Take(int* items, float* scores)
    {
        Prune();
        Span<ulong> best = _keys.AsSpan(0, _count);
        best.Sort();
        for (int i = 0; i < best.Length; i++) (items[i], scores[i]) = (ScoredItem.Item(best[^(i + 1)]), ScoredItem.Score(best[^(i + 1)]));
        return best.Length;
    }

    private void Prune()
    {
        if (_count < _k) return;
        Threshold = ScoredItem.Score(ScoredItem.Select(_keys.AsSpan(0, _count), _k));
        _count = _k;
    }
}
