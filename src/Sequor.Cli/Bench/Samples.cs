using System.Diagnostics;

namespace Sequor.Cli.Bench;

/// <summary>Repeated measurements of one thing.</summary>
internal sealed class Samples
{
    private readonly List<double> values = [];

    public double Median => Sorted() is var sorted && sorted.Length % 2 == 1
        ? sorted[sorted.Length / 2]
        : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;

    /// <summary>The smallest value that nine tenths of all do not exceed.</summary>
    public double NinetiethPercentile => Sorted() is var sorted ? sorted[(9 * sorted.Length + 9) / 10 - 1] : 0;

    public double Least => values.Min();

    public double Most => values.Max();

    /// <summary>Times work again and again: at least three times, and until <paramref name="budget"/> is spent.</summary>
    public static Samples Of(Action work, TimeSpan budget, CancellationToken cancellation)
    {
        var samples = new Samples();
        work();
        long begin = Stopwatch.GetTimestamp();
        while (samples.values.Count < 3 || Stopwatch.GetElapsedTime(begin) < budget)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            work();
            samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return samples;
    }

    public void Add(double seconds) => values.Add(seconds);

    private double[] Sorted()
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted;
    }
}
