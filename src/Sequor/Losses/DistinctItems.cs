namespace Sequor.Losses;

/// <summary>The distinct items of a batch, in order of first appearance, so that what depends on an item alone is computed once.</summary>
internal sealed unsafe class DistinctItems(int itemCount)
{
    private readonly int[] _place = new int[itemCount + 1];
    private readonly int[] _stamp = new int[itemCount + 1];
    private int _step;

    /// <summary>Place of an item that the last numbering met.</summary>
    internal int this[int id] => _place[id];

    /// <summary>Replaces each of <paramref name="ids"/> by its place in <paramref name="distinct"/> (room for as many), and returns how many there are.</summary>
    internal int Number(int* ids, long count, int* distinct)
    {
        _step++;
        int found = 0;
        for (long i = 0; i < count; i++)
        {
            int id = ids[i];
            if (_stamp[id] != _step)
            {
                (_stamp[id], _place[id], distinct[found]) = (_step, found, id);
                found++;
            }
            ids[i] = _place[id];
        }
        return found;
    }
}
