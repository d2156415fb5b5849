using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>Adds all items with a dot product above a bar, a bar a query, to the candidates.</summary>
internal sealed unsafe class RangeScan(ItemBlocks blocks, WorkerPool workers) : BlockScan(blocks, workers)
{
    private readonly BlockScorer _scorer = new(blocks);
    private float[] _bars = [];
    private bool _lowers;
    private CandidateRanking _candidates = null!;

    /// <summary>
    /// Scans. <paramref name="lowers"/>: the bars are lowered by what quantisation may have done, so that every item is found whose float32 score is above. Where
    /// the vectors of one list follow each other, an item above the bar of any is a candidate.
    /// </summary>
    internal void Run(Matrix queries, ExcludedLists excluded, float[] bars, bool lowers, CandidateRanking candidates)
    {
        Prepare(queries, excluded);
        _scorer.Begin(queries);
        (_bars, _lowers, _candidates) = (bars, lowers, candidates);
        Run();
    }

    protected override long Room => _scorer.Room;

    protected override void SetBars(int piece, int block, float* bars) => _bars.AsSpan(0, Queries.Rows).CopyTo(new Span<float>(bars, Queries.Rows));

    protected override void Score(int block, int first, int count, float* room, float* scores) => _scorer.Score(block, first, count, room, scores);

    protected override float* TileBars(int block, int first, int count, float* bars, float* own)
    {
        if (!_lowers) return bars + first;
        _scorer.Lower(block, first, count, bars + first, own);
        return own;
    }

    // A block is one piece's alone, and so is its word of each query.
    protected override void Visit(in ScoreTile tile)
    {
        for (int r = 0; r < tile.Count; r++)
            if (tile.Lanes[r] != 0) _candidates.Add((tile.First + r) / Excluded.VectorsPerList, tile.Block, tile.Lanes[r]);
    }
}
