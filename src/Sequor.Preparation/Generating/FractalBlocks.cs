namespace Sequor.Preparation.Generating;

/// <summary>
/// What stands in block (i, j) of a randomised Kronecker product: R with rows and columns permuted, of whose entries a number that R̂[i, j]
/// sets is kept. All of it is computed from (seed, i, j) when asked for; nothing is stored but a number a block.
/// </summary>
internal sealed class FractalBlocks
{
    // The limits of the reference: a block is never whole and, unless left out altogether, never empty.
    private const double SmallestShare = 0.001;
    private const double LargestShare = 0.995;

    private readonly ulong seed;
    private readonly long[,] kept;
    private readonly PermutationDomain rows;
    private readonly PermutationDomain columns;
    private readonly PermutationDomain entries;

    /// <summary>Blocks for a source of m rows, n columns and some entries; rates in 0..1, shape (user factor, item factor).</summary>
    public FractalBlocks(int rowCount, int columnCount, long entryCount, double[,] rates, double blockRate, ulong seed)
    {
        this.seed = seed;
        rows = new PermutationDomain((ulong)rowCount);
        columns = new PermutationDomain((ulong)columnCount);
        entries = new PermutationDomain((ulong)entryCount);
        kept = new long[rates.GetLength(0), rates.GetLength(1)];
        for (int i = 0; i < kept.GetLength(0); i++)
        {
            for (int j = 0; j < kept.GetLength(1); j++)
            {
                if (new SyntheticRandom(Key(i, j, Purpose.Block), 0).NextUnit() >= blockRate) continue;
                double share = Math.Clamp(rates[i, j], SmallestShare, LargestShare);
                kept[i, j] = Math.Max((long)(entryCount * share), 1);
                TotalKept += kept[i, j];
            }
        }
    }

    private enum Purpose
    {
        Block,
        Rows,
        Columns,
        Entries,
    }

    /// <summary>Entries kept in all blocks: the number of events of the expansion.</summary>
    public long TotalKept { get; }

    /// <summary>Entries that block (i, j) keeps; 0 when the block is left out.</summary>
    public long Kept(int i, int j) => kept[i, j];

    /// <summary>Row of R behind each row of block (i, j).</summary>
    public KeyedPermutation Rows(int i, int j) => new(rows, Key(i, j, Purpose.Rows));

    /// <summary>Column of block (i, j) for each column of R.</summary>
    public KeyedPermutation Columns(int i, int j) => new(columns, Key(i, j, Purpose.Columns));

    /// <summary>Rank of each entry of R in block (i, j); an entry is kept when its rank is below <see cref="Kept"/>.</summary>
    public KeyedPermutation Entries(int i, int j) => new(entries, Key(i, j, Purpose.Entries));

    private ulong Key(int i, int j, Purpose purpose) =>
        SplitMix.Mix(SplitMix.Mix(seed + 0x9E3779B97F4A7C15) ^ SplitMix.Mix(((ulong)(uint)i << 32) + (uint)j + 1)) + (ulong)purpose;
}
