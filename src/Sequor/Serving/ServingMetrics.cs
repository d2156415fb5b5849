using System.Diagnostics.Metrics;
using Sequor.Retrieval;

namespace Sequor.Serving;

/// <summary>Instruments of the meter <see cref="MeterName"/>: how long encoding and searching take, how many questions share a batch, how often a cache helps.</summary>
public static class ServingMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Sequor.Serving";

    private static readonly Meter s_meter = new(MeterName);
    private static readonly Histogram<double> s_encode = Seconds("sequor.encode.duration", "Time to turn the histories of a batch into query rows.");
    private static readonly Histogram<double> s_search = Seconds("sequor.search.duration", "Time to search the catalogue for a batch.");
    private static readonly Histogram<int> s_batch = s_meter.CreateHistogram(
        "sequor.batch.size", "{question}", "Questions answered together.", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64] });
    private static readonly Counter<long> s_cache = s_meter.CreateCounter<long>("sequor.cache.lookups", "{lookup}", "Answers from a session: whether its keys and values were there.");

    // From 50 µs to a second, by steps that a millisecond can be read from.
    private static double[] Boundaries => [5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, .01, .02, .05, .1, .2, .5, 1];

    internal static void Record(int questions, TimeSpan encode, TimeSpan search, TopKMethod method)
    {
        s_batch.Record(questions);
        s_encode.Record(encode.TotalSeconds);
        if (s_search.Enabled) s_search.Record(search.TotalSeconds, new KeyValuePair<string, object?>("method", method.ToString()));
    }

    internal static void CountCache(bool hit) => s_cache.Add(1, new KeyValuePair<string, object?>("hit", hit));

    private static Histogram<double> Seconds(string name, string description) =>
        s_meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });
}
