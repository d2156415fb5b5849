using HdrHistogram;

namespace Sequor.Cli.Load;

/// <summary>Times of many threads with three digits that count, from 0.1 µs to a minute.</summary>
internal sealed class Latencies
{
    private const double Units = 1e7;
    private const long Longest = 60 * (long)Units;

    private readonly LongConcurrentHistogram histogram = new(1, Longest, 3);

    /// <summary>Number of times.</summary>
    public long Count => histogram.TotalCount;

    /// <summary>The longest, in seconds; 0 without any.</summary>
    public double Most => Count == 0 ? 0 : histogram.GetValueAtPercentile(100) / Units;

    /// <summary>Adds a time in seconds.</summary>
    public void Add(double seconds) => histogram.RecordValue(Math.Clamp((long)(seconds * Units), 0, Longest));

    /// <summary>The time in seconds that so many percent do not exceed; 0 without any.</summary>
    public double Percentile(double percent) => Count == 0 ? 0 : histogram.GetValueAtPercentile(percent) / Units;
}
