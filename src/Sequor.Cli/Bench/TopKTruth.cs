using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary>The best items of every query by brute force in float32: what the answers of a method are held against.</summary>
internal sealed class TopKTruth
{
    private const int BatchSize = 128;
    private readonly int[] items;
    private readonly int depth;

    private TopKTruth(int[] items, int depth) => (this.items, this.depth) = (items, depth);

    public static TopKTruth Find(RecommenderModel model, TopKQueries queries, int depth, WorkerPool workers, CancellationToken cancellation)
    {
        using ITopKIndex index = TopKIndex.Exact(model, workers);
        int batch = Math.Min(BatchSize, queries.Count);
        using var window = new QueryWindow(queries, batch);
        int[] found = new int[batch * depth], items = new int[queries.Count * depth];
        float[] scores = new float[batch * depth];
        for (int first = 0; first < queries.Count; first += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            window.MoveTo(first);
            index.Search(window.Rows, window.Excluded, depth, found, scores);
            found.AsSpan(0, Math.Min(batch, queries.Count - first) * depth).CopyTo(items.AsSpan(first * depth));
        }

        return new TopKTruth(items, depth);
    }

    /// <summary>
    /// The share of a query's best k items that are among those found (queries, k), in any order: its mean over queries, and the least. Where
    /// fewer than k items exist, all of them are the best.
    /// </summary>
    public (double Mean, double Least) Recall(ReadOnlySpan<int> found, int k)
    {
        int queries = items.Length / depth;
        double sum = 0, least = 1;
        for (int query = 0; query < queries; query++)
        {
            ReadOnlySpan<int> right = items.AsSpan(query * depth, k), answer = found.Slice(query * k, k);
            int existing = right.Length - right.Count(0), hits = 0;
            foreach (int item in right)
                if (item != 0 && answer.Contains(item)) hits++;
            double recall = existing == 0 ? 1 : (double)hits / existing;
            sum += recall;
            least = Math.Min(least, recall);
        }

        return (sum / queries, least);
    }
}
