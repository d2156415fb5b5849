using Sequor.Evaluation.Statistics;

namespace Sequor.Cli.Reports;

/// <summary>How two runs differ in one metric, on the same users.</summary>
/// <param name="Difference">Mean of the first less the second, with its interval.</param>
/// <param name="PValue">Of the paired randomization test.</param>
/// <param name="Adjusted">The same after Holm's correction for all pairs of this metric.</param>
internal sealed record PairResult(Estimate Difference, double PValue, double Adjusted)
{
    /// <summary>The level below which a difference is called significant.</summary>
    public const double Level = 0.05;

    /// <summary>Whether the difference is significant.</summary>
    public bool IsSignificant => Adjusted < Level;
}

/// <summary>Two runs, the better one by the first metric first.</summary>
/// <param name="First">Number of a run.</param>
/// <param name="Second">Number of the other.</param>
/// <param name="Metrics">Results in the order of <see cref="RunMetric.All"/>.</param>
internal sealed record RunPair(int First, int Second, IReadOnlyList<PairResult> Metrics);
