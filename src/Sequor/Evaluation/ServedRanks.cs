using Sequor.Autograd;
using Sequor.Retrieval;

namespace Sequor.Evaluation;

/// <summary>Ranks as users of an approximate index see them: the target's place among what it finds.</summary>
internal sealed class ServedRanks
{
    // As many as the reference looks at.
    private const int Depth = 2500;
    private int[] _items = [];
    private float[] _scores = [];

    /// <summary>Fills ranks (B): the place of each target among the best 2,500 that the index finds, X + 1 where it is not there.</summary>
    internal void Rank(ITopKIndex index, Matrix queries, ExcludedItems excluded, ReadOnlySpan<int> targets, Span<int> ranks)
    {
        int k = Math.Min(Depth, index.ItemCount), places = queries.Rows * k;
        if (_items.Length < places) (_items, _scores) = (new int[places], new float[places]);
        index.Search(queries, excluded, k, _items.AsSpan(0, places), _scores.AsSpan(0, places));
        for (int q = 0; q < queries.Rows; q++)
        {
            int place = _items.AsSpan(q * k, k).IndexOf(targets[q]);
            ranks[q] = place < 0 ? index.ItemCount + 1 : place + 1;
        }
    }
}
