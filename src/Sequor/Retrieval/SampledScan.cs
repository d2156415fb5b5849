using Sequor.Kernels;

namespace Sequor.Retrieval;

/// <summary>A scan for the best k that begins with a bar from a sample (<see cref="Sample"/>), and anew without where the bar was too high.</summary>
internal abstract class SampledScan(CatalogueBlocks blocks, WorkerPool workers) : BlockScan(blocks, workers)
{
    private float[] _floors = [];
    private volatile bool _short;

    /// <summary>Collects the best k above each query's floor and finishes; a query whose floor was too high calls <see cref="FellShort"/>.</summary>
    protected void RunSampled(int k)
    {
        int n = Queries.Rows, rank = SamplePays ? Sample.Rank(k, Blocks.ItemCount) : 0;
        if (_floors.Length < n) _floors = new float[n];
        Array.Fill(_floors, float.NegativeInfinity);
        if (rank > 0)
        {
            Collect(rank, Sample.Step);
            for (int q = 0; q < n; q++) _floors[q] = MergedFloor(q);
        }
        do
        {
            _short = false;
            Collect(k, 1);
            Finish();
            if (_short) Array.Fill(_floors, float.NegativeInfinity);
        }
        while (_short);
    }

    /// <summary>The bar that a query began with; −∞ where it began without.</summary>
    protected float Floor(int query) => _floors[query];

    /// <summary>Called by a query that found too little above its floor; thread-safe.</summary>
    protected void FellShort() => _short = true;

    /// <summary>Whether scores are so cheap that collecting fewer of them is worth a look at some twice.</summary>
    protected virtual bool SamplePays => true;

    /// <summary>Readies what a query collects in a piece.</summary>
    protected abstract void Begin(int piece, int query, int k);

    /// <summary>The k-th best score of what all pieces collected for a query.</summary>
    protected abstract float MergedFloor(int query);

    /// <summary>Turns what was collected into answers.</summary>
    protected abstract void Finish();

    private void Collect(int k, int step)
    {
        for (int piece = 0; piece < PieceCount; piece++)
            for (int q = 0; q < Queries.Rows; q++) Begin(piece, q, k);
        Run(step);
    }
}
