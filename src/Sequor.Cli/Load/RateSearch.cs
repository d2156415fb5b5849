namespace Sequor.Cli.Load;

/// <summary>The highest rate whose p99 keeps a bound: doubled until it does not, then halved between, to five per cent.</summary>
internal static class RateSearch
{
    private const double Lowest = 1, Highest = 100_000, Precision = 1.05;

    /// <summary>Measures rate after rate.</summary>
    /// <param name="first">Rate to begin with.</param>
    /// <param name="bound">Longest p99, in seconds.</param>
    /// <param name="measure">Measures one rate.</param>
    /// <returns>All measurements, in their order, and the highest rate that kept the bound; null when none did.</returns>
    public static (IReadOnlyList<LoadMeasurement> Measured, double? Best) Run(double first, double bound, Func<double, LoadMeasurement> measure)
    {
        var measured = new List<LoadMeasurement>();
        double? kept = null, broken = null;
        for (double rate = first; rate is >= Lowest and <= Highest;)
        {
            measured.Add(measure(rate));
            if (measured[^1].Keeps(bound)) kept = rate;
            else broken = rate;
            rate = (kept, broken) switch
            {
                ({ } low, null) => 2 * low,
                (null, { } high) => high / 2,
                ({ } low, { } high) when high / low > Precision => Math.Round(Math.Sqrt(low * high)),
                _ => 0,
            };
            if (rate == kept || rate == broken) break;
        }

        return (measured, kept);
    }
}
