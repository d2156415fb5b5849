namespace Sequor.Cli.Bench;

/// <summary>What was searched, and what every method came to.</summary>
internal sealed record TopKReport(string Subject, int ItemCount, int Dim, int QueryCount, IReadOnlyList<TopKMeasurement> Methods);
