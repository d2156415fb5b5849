using Sequor.Evaluation.Statistics;
using Sequor.Kernels;

namespace Sequor.Cli.Reports;

/// <summary>Intervals and tests over the users of a comparison. Columns are those of <see cref="RunMetric.All"/>, run by run.</summary>
internal sealed class RunStatistics
{
    private const string Stage = "resampling users";
    private static readonly int MetricCount = RunMetric.All.Count;
    private readonly double[][] _columns;
    private readonly ComparisonOptions _options;
    private readonly WorkerPool _workers;
    private readonly ProgressBars _bars;
    private readonly CancellationToken _cancellation;
    private readonly Bootstrap _bootstrap;

    public RunStatistics(double[][] columns, ComparisonOptions options, WorkerPool workers, ProgressBars bars, CancellationToken cancellation)
    {
        (_columns, _options, _workers, _bars, _cancellation) = (columns, options, workers, bars, cancellation);
        bars.Report(Stage, 0, null);
        _bootstrap = Resample(columns);
    }

    /// <summary>Means of a run.</summary>
    public Estimate[] Means(int run) => [.. Enumerable.Range(0, MetricCount).Select(metric => _bootstrap.Mean(run * MetricCount + metric))];

    /// <summary>All pairs of the first runs, or those with one of them; p-values are corrected for the number of pairs, metric by metric.</summary>
    public RunPair[] Pairs(int runCount, int? baseline)
    {
        int[] order = [.. Enumerable.Range(0, runCount).OrderByDescending(run => _columns[run * MetricCount].Average())];
        (int First, int Second)[] pairs =
        [
            .. from first in Enumerable.Range(0, runCount)
               from second in Enumerable.Range(first + 1, runCount - first - 1)
               let pair = (order[first], order[second])
               where baseline is null || pair.Item1 == baseline || pair.Item2 == baseline
               select pair,
        ];
        PairResult[][] results = [.. Enumerable.Range(0, MetricCount).Select(metric => Test(pairs, metric))];
        return [.. pairs.Select((pair, number) => new RunPair(pair.First, pair.Second, [.. results.Select(metric => metric[number])]))];
    }

    /// <summary>The first metric of some users.</summary>
    public UserGroup Group(string name, int[] places, int runCount)
    {
        Bootstrap some = Resample([.. Enumerable.Range(0, runCount).Select(run => (double[])[.. places.Select(place => _columns[run * MetricCount][place])])]);
        return new UserGroup(name, places.Length, [.. Enumerable.Range(0, runCount).Select(run => some.Mean(run))]);
    }

    private PairResult[] Test((int First, int Second)[] pairs, int metric)
    {
        double[] pValues = [.. pairs.Select((pair, number) =>
        {
            _bars.Report($"testing {RunMetric.All[metric].Name}", number, pairs.Length);
            double[] first = _columns[pair.First * MetricCount + metric], second = _columns[pair.Second * MetricCount + metric];
            return RandomizationTest.PValue([.. first.Zip(second, (a, b) => a - b)], _options.Resamples, _options.Seed, _workers, _cancellation);
        })];
        double[] adjusted = Holm.Adjust(pValues);
        return [.. pairs.Select((pair, number) => new PairResult(
            _bootstrap.Difference(pair.First * MetricCount + metric, pair.Second * MetricCount + metric), pValues[number], adjusted[number]))];
    }

    private Bootstrap Resample(IReadOnlyList<double[]> columns) => new(new UserTable(columns), _options.Resamples, _options.Seed, _workers, _cancellation);
}
