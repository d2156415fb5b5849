using System.Numerics;
using Sequor.Kernels;

namespace Sequor.Evaluation.Statistics;

/// <summary>
/// The bootstrap over users (Efron 1979): users are drawn with replacement, as many as there are, again and again; the spread of the means is that of the mean. The
/// same draws serve all columns, so that differences of columns are paired.
/// </summary>
/// <remarks>
/// Intervals are percentile intervals: of B sorted means the ⌊(B + 1)·α/2⌋th and its mirror image, so that B = 9,999 makes the ends of a 95 % interval exact ranks.
/// Draws are functions of (seed, resample, place): results do not depend on the number of threads.
/// </remarks>
public sealed class Bootstrap
{
    private readonly double[] _observed;
    private readonly double[][] _means;

    /// <summary>Draws the resamples.</summary>
    /// <param name="table">Users and their numbers.</param>
    /// <param name="resamples">How often, B.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="cancellationToken">Looked at before every resample.</param>
    public Bootstrap(UserTable table, int resamples, ulong seed, WorkerPool workers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        _observed = table.Means();
        _means = new double[table.ColumnCount][];
        for (int c = 0; c < _means.Length; c++) _means[c] = new double[resamples];
        workers.Run(resamples, resample =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            Draw(table, new CounterRandom(seed, RandomPurpose.Bootstrap, (ulong)resample), resample);
        });
    }

    /// <summary>Mean of a column with its interval.</summary>
    /// <param name="column">0 … C − 1.</param>
    /// <param name="confidence">Such as 0.95.</param>
    public Estimate Mean(int column, double confidence = 0.95) => Interval(_observed[column], [.. _means[column]], confidence);

    /// <summary>Mean difference of two columns, <paramref name="column"/> less <paramref name="baseline"/>, with its interval.</summary>
    /// <param name="column">0 … C − 1.</param>
    /// <param name="baseline">0 … C − 1.</param>
    /// <param name="confidence">Such as 0.95.</param>
    public Estimate Difference(int column, int baseline, double confidence = 0.95) =>
        Interval(_observed[column] - _observed[baseline], [.. _means[column].Zip(_means[baseline], (mean, other) => mean - other)], confidence);

    private static Estimate Interval(double mean, double[] means, double confidence)
    {
        Array.Sort(means);
        int rank = Math.Max(1, (int)Math.Floor((means.Length + 1) * (1 - confidence) / 2 + 1e-9));
        return new Estimate(mean, means[rank - 1], means[^rank]);
    }

    private void Draw(UserTable table, CounterRandom random, int resample)
    {
        Span<double> sums = stackalloc double[table.ColumnCount];
        for (int place = 0; place < table.UserCount; place++)
        {
            ReadOnlySpan<double> row = table[random.Below(table.UserCount, (ulong)place)];
            int c = 0;
            for (; c + Vector<double>.Count <= row.Length; c += Vector<double>.Count)
                (new Vector<double>(sums[c..]) + new Vector<double>(row[c..])).CopyTo(sums[c..]);
            for (; c < row.Length; c++) sums[c] += row[c];
        }

        for (int c = 0; c < sums.Length; c++) _means[c][resample] = sums[c] / table.UserCount;
    }
}
