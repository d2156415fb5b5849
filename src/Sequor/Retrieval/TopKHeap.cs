namespace Sequor.Retrieval;

/// <summary>The best k of a stream of (score, item): higher scores first, lower item index first among equals.</summary>
internal sealed class TopKHeap
{
    private ulong[] _keys = [];
    private int _k;
    private int _count;

    /// <summary>Scores below this cannot enter any more.</summary>
    internal float Threshold { get; private set; }

    internal void Begin(int k)
    {
        _k = k;
        _count = 0;
        Threshold = float.NegativeInfinity;
        if (_keys.Length < 2 * k + 64) _keys = new ulong[2 * k + 64];
    }

    internal void Push(float score, int item)
    {
        if (_count == _keys.Length) Prune();
        _keys[_count++] = Key(score, item);
    }

    internal void Merge(TopKHeap other)
    {
        for (int i = 0; i < other._count; i++)
        {
            if (_count == _keys.Length) Prune();
            _keys[_count++] = other._keys[i];
        }
    }

    /// <summary>Writes the best, best first; returns how many there are.</summary>
    internal int Take(Span<int> items, Span<float> scores)
    {
        Prune();
        for (int i = 0; i < _count; i++)
        {
            items[i] = (int)~(uint)_keys[i];
            scores[i] = Score((uint)(_keys[i] >> 32));
        }
        return _count;
    }

    private void Prune()
    {
        Array.Sort(_keys, 0, _count);
        Array.Reverse(_keys, 0, _count);
        if (_count < _k) return;
        _count = _k;
        Threshold = Score((uint)(_keys[_k - 1] >> 32));
    }

    // Floats order like unsigned integers once negative ones are complemented and positive ones get the sign bit.
    private static ulong Key(float score, int item)
    {
        // Adding zero makes −0 equal to 0.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint ordered = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
        return ((ulong)ordered << 32) | ~(uint)item;
    }

    private static float Score(uint ordered) =>
        BitConverter.UInt32BitsToSingle((ordered & 0x80000000u) != 0 ? ordered & 0x7FFFFFFFu : ~ordered);
}
