using Sequor.Autograd;
using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>A block's scores against some of the queries, while they are in L1.</summary>
internal readonly unsafe ref struct ScoreTile
{
    /// <summary>Which of the scan's concurrent pieces this is.</summary>
    internal required int Piece { get; init; }

    internal required int Block { get; init; }

    /// <summary>First query of the tile.</summary>
    internal required int First { get; init; }

    /// <summary>Queries in the tile.</summary>
    internal required int Count { get; init; }

    /// <summary>What <see cref="BlockScan.Score"/> kept.</summary>
    internal required float* Room { get; init; }

    /// <summary>Scores (Count × 64).</summary>
    internal required float* Scores { get; init; }

    /// <summary>The lanes of each query that passed its bar, hold an item of its set and are not excluded (Count).</summary>
    internal required ulong* Lanes { get; init; }

    /// <summary>The bars of all queries in this piece (B); whoever visits raises them.</summary>
    internal required float* Bars { get; init; }
}

/// <summary>
/// Walks all blocks against a batch of queries and shows whoever derives the scores above a bar, with excluded items taken out. Blocks
/// are handed out in runs, in ascending order, to as many pieces as there are threads; what is derived must not depend on which
/// piece got which run. One scan is used by one caller at a time and allocates nothing once it has grown.
/// </summary>
internal abstract unsafe class BlockScan
{
    // A multiple of the six rows of a matrix product's tile, few enough for block, queries and scores to share L1.
    private const int MostTileQueries = 48;
    private const int RunsPerPiece = 16;
    private const long WorkPerPiece = 1 << 20;

    // A block of bytes is about a page, at whose end the hardware stops reading ahead; of longer ones it brings enough.
    private const long ReadAhead = 6144;
    private readonly Action<int> _piece;
    private int _next, _run, _runs, _step;

    protected BlockScan(CatalogueBlocks blocks, WorkerPool workers)
    {
        Blocks = blocks;
        Workers = workers;
        _piece = Piece;
    }

    protected CatalogueBlocks Blocks { get; }

    protected WorkerPool Workers { get; }

    protected Matrix Queries { get; private set; }

    protected ExcludedLists Excluded { get; private set; }

    /// <summary>Pieces that this scan is cut into.</summary>
    protected int PieceCount { get; private set; }

    protected void Prepare(Matrix queries, ExcludedLists excluded)
    {
        (Queries, Excluded) = (queries, excluded);
        long work = (long)queries.Rows * Blocks.ItemCount * Blocks.PairWork;
        PieceCount = (int)Math.Clamp(work / WorkPerPiece, 1, Math.Min(Workers.ThreadCount, Blocks.Count));
    }

    /// <summary>Walks every <paramref name="step"/>-th block.</summary>
    protected void Run(int step = 1)
    {
        int blocks = (Blocks.Count + step - 1) / step, run = Math.Max(1, blocks / (PieceCount * RunsPerPiece));
        _runs = (blocks + run - 1) / run;
        (_step, _run, _next) = (step, run * step, 0);
        Workers.Run(PieceCount, _piece);
    }

    /// <summary>Sets each query's bar (B) before a run that starts at <paramref name="block"/>.</summary>
    protected abstract void SetBars(int piece, int block, float* bars);

    /// <summary>Queries that a block is scored against at a time.</summary>
    protected virtual int TileQueries => MostTileQueries;

    /// <summary>Floats that a piece keeps for <see cref="Score"/> from one tile of a block to the next.</summary>
    protected virtual long Room => 0;

    /// <summary>The scores (count × 64) of the queries from <paramref name="first"/> on, which is 0 at first for each block.</summary>
    protected abstract void Score(int block, int first, int count, float* room, float* scores);

    /// <summary>The bars of a tile (count); <paramref name="own"/> is room for ones that belong to the block.</summary>
    protected virtual float* TileBars(int block, int first, int count, float* bars, float* own) => bars + first;

    /// <summary>Takes the lanes that passed.</summary>
    protected abstract void Visit(in ScoreTile tile);

    private void Piece(int piece)
    {
        int n = Queries.Rows, most = TileQueries, tileQueries = Math.Min(n, most);
        float* scores = Scratch.Take((long)tileQueries * (ItemBlock.Items + 3) + 3L * n + Room + ItemBlock.Items), room = scores;
        scores += (Room + ItemBlock.Items - 1) / ItemBlock.Items * ItemBlock.Items;
        var lanes = (ulong*)(scores + tileQueries * ItemBlock.Items);
        float* own = (float*)(lanes + tileQueries), bars = own + tileQueries;
        int* cursor = (int*)(bars + n), excludedBlock = cursor + n;
        bool sets = Excluded.Items.HasSets;
        for (int run; (run = Interlocked.Increment(ref _next) - 1) < _runs;)
        {
            int start = run * _run, end = Math.Min(Blocks.Count, start + _run);
            for (int q = 0; q < n; q++)
            {
                int at = Excluded[q].BinarySearch(start * ItemBlock.Items + 1);
                cursor[q] = at < 0 ? ~at : at;
                excludedBlock[q] = BlockAt(Excluded[q], cursor[q]);
            }
            SetBars(piece, start, bars);
            for (int block = start; block < end; block += _step)
            {
                ulong valid = Blocks.Lanes(block);
                if (sets && n == 1 && Among(0, block) == 0) continue;
                for (int first = 0; first < n; first += most)
                {
                    int count = Math.Min(most, n - first);
                    int ahead = block + (n == 1 ? 2 : 1) * _step;
                    if (ahead < Blocks.Count && (n > 1 || Blocks.BlockBytes <= ReadAhead)) Prefetch.Share(Blocks[ahead], Blocks.BlockBytes, first, count, n);
                    Score(block, first, count, room, scores);
                    LaneMasks.Above(scores, TileBars(block, first, count, bars, own), count, lanes);
                    for (int q = 0; q < count; q++)
                    {
                        lanes[q] &= sets ? valid & Among(first + q, block) : valid;
                        if (excludedBlock[first + q] <= block) lanes[q] &= ~TakeExcluded(Excluded[first + q], block, ref cursor[first + q], out excludedBlock[first + q]);
                    }
                    Visit(new ScoreTile { Piece = piece, Block = block, First = first, Count = count, Room = room, Scores = scores, Lanes = lanes, Bars = bars });
                }
            }
        }
    }

    private ulong Among(int query, int block) => Excluded.Among(query) is { } set ? set.Words[block] : ulong.MaxValue;

    private static int BlockAt(ReadOnlySpan<int> list, int cursor) => cursor < list.Length ? (list[cursor] - 1) / ItemBlock.Items : int.MaxValue;

    private static ulong TakeExcluded(ReadOnlySpan<int> list, int block, ref int cursor, out int nextBlock)
    {
        ulong lanes = 0;
        for (; (nextBlock = BlockAt(list, cursor)) <= block; cursor++)
            if (nextBlock == block) lanes |= 1ul << (list[cursor] - 1);
        return lanes;
    }
}
