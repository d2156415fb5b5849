using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Generating;

/// <summary>Makes users of a randomised Kronecker product R̂ ⊗ R (arXiv 1901.08910), each from its number alone.</summary>
internal sealed class FractalExpansion(RatingMatrix matrix, FractalBlocks blocks, int itemFactor)
{
    /// <summary>
    /// Appends the events of user 0..m·(user factor)-1, by item: row block i, row k of it; a block j after the other. Items are
    /// 1..n·(item factor). Costs a permuted rank for every event of the source rows and one more, with the sort, for what is kept.
    /// </summary>
    public void Fill(long user, SequenceBuffer sequence)
    {
        (long block, long place) = Math.DivRem(user, matrix.RowCount);
        int i = (int)block;
        for (int j = 0; j < itemFactor; j++)
        {
            ulong kept = (ulong)blocks.Kept(i, j);
            if (kept == 0) continue;
            int row = (int)blocks.Rows(i, j)[(ulong)place];
            int first = sequence.Items.Length;
            Append(row, blocks.Entries(i, j), kept, blocks.Columns(i, j), 1 + j * matrix.ColumnCount, sequence);
            sequence.SortByItem(first);
        }
    }

    private void Append(int row, in KeyedPermutation ranks, ulong kept, in KeyedPermutation columns, int firstItem, SequenceBuffer sequence)
    {
        ReadOnlySpan<int> items = matrix.Items(row);
        ReadOnlySpan<float> ratings = matrix.Ratings(row);
        ulong entry = (ulong)matrix.FirstEntry(row);
        for (int e = 0; e < items.Length; e++)
        {
            if (ranks[entry + (ulong)e] >= kept) continue;
            int item = firstItem + (int)columns[(ulong)matrix.Column(items[e])];
            sequence.Add(item, ratings.IsEmpty ? 0 : ratings[e]);
        }
    }
}
