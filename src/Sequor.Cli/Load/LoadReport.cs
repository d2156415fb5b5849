namespace Sequor.Cli.Load;

/// <summary>All runs of a command.</summary>
/// <param name="Settings">What was sent.</param>
/// <param name="ModelVersion">Version of the model that answered at the start.</param>
/// <param name="ItemCount">Its catalogue size.</param>
/// <param name="Runs">A measurement a rate.</param>
/// <param name="Bound">Longest p99 in seconds that was asked for, if one was.</param>
/// <param name="BestRate">Highest rate that kept it; null when none did or none was asked for.</param>
internal sealed record LoadReport(
    LoadSettings Settings, string ModelVersion, int ItemCount, IReadOnlyList<LoadMeasurement> Runs, double? Bound, double? BestRate)
{
    /// <summary>What became of events that were acknowledged; null where it was not looked for.</summary>
    public EventCheck? Events { get; init; }
}
