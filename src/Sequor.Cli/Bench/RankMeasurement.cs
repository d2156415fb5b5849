namespace Sequor.Cli.Bench;

/// <summary>What the first of several ranks exchanges in a step (medians).</summary>
/// <param name="Count">Ranks.</param>
/// <param name="GivenBytes">Bytes that it gives away: dense gradients once, rows to each rank that they go to.</param>
/// <param name="BusySeconds">Time in which gradients are on their way.</param>
/// <param name="WaitSeconds">The part of it behind backward, in which it has nothing to compute.</param>
/// <param name="FetchSeconds">Time in which rows of a table that is dealt out come, within encode and loss.</param>
internal sealed record RankMeasurement(int Count, double GivenBytes, double BusySeconds, double WaitSeconds, double FetchSeconds)
{
    /// <summary>Share of the exchange that goes on beside the computation.</summary>
    public double Overlap => BusySeconds > 0 ? Math.Max(0, 1 - WaitSeconds / BusySeconds) : 0;
}
