using System.Diagnostics;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Retrieval;

namespace Sequor.Cli.Bench;

/// <summary>What one method costs and finds.</summary>
/// <param name="Method">How it searches.</param>
/// <param name="Precision">What its scan reads.</param>
/// <param name="BuildSeconds">Time to build the index.</param>
/// <param name="IndexBytes">Resident memory that building added.</param>
/// <param name="Depths">Searches, one entry for each number of results.</param>
internal sealed record TopKMeasurement(TopKMethod Method, IndexPrecision Precision, double BuildSeconds, long IndexBytes, IReadOnlyList<TopKDepth> Depths)
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    /// <summary>Builds the index and asks all queries, for each number of results and each number of queries at a time.</summary>
    public static TopKMeasurement Run(
        RecommenderModel model, TopKMethod method, IndexPrecision precision, TopKTruth truth, TopKQueries queries, int[] depths, int[] batches,
        WorkerPool workers, CancellationToken cancellation)
    {
        long before = ResidentMemory.Settled(), start = Stopwatch.GetTimestamp();
        using ITopKIndex index = TopKIndex.Create(model, method, workers, precision);
        double build = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long bytes = Math.Max(0, ResidentMemory.Settled() - before);
        return new TopKMeasurement(method, precision, build, bytes, [.. depths.Select(k =>
        {
            var searches = new List<TopKSearch>();
            int[] found = new int[queries.Count * k];
            foreach (int batch in batches) searches.Add(new TopKSearch(batch, Ask(index, queries, batch, k, found, cancellation)));
            (double mean, double least) = truth.Recall(found, k);
            return new TopKDepth(k, mean, least, searches, index is MixtureExact exact ? TopKEffort.Of(exact, queries, k) : null);
        })]);
    }

    // Every query is asked at least once, and windows of queries follow one another until the budget is spent. The first search warms up.
    private static Samples Ask(ITopKIndex index, TopKQueries queries, int batch, int k, int[] found, CancellationToken cancellation)
    {
        using var window = new QueryWindow(queries, batch);
        int[] items = new int[batch * k];
        float[] scores = new float[batch * k];
        var samples = new Samples();
        window.MoveTo(0);
        index.Search(window.Rows, window.Excluded, k, items, scores);
        long begin = Stopwatch.GetTimestamp();
        for (int first = 0; first < queries.Count || Stopwatch.GetElapsedTime(begin) < Budget; first += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            window.MoveTo(first % queries.Count);
            long start = Stopwatch.GetTimestamp();
            index.Search(window.Rows, window.Excluded, k, items, scores);
            samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (first < queries.Count) items.AsSpan(0, Math.Min(batch, queries.Count - first) * k).CopyTo(found.AsSpan(first * k));
        }

        return samples;
    }
}

/// <summary>Searches for k items a query: how many of the right ones are found, mean and least over the queries, and how long it takes.</summary>
internal sealed record TopKDepth(int K, double MeanRecall, double LeastRecall, IReadOnlyList<TopKSearch> Searches, TopKEffort? Effort);

/// <summary>Searches of so many queries at a time.</summary>
internal sealed record TopKSearch(int Queries, Samples Time)
{
    public double QueriesPerSecond => Queries / Time.Median;
}
