namespace Sequor.Cli.Reports;

/// <summary>How runs are compared.</summary>
internal sealed record ComparisonOptions
{
    /// <summary>Runs or models.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>The store; null for the one that the runs learned from.</summary>
    public string? Data { get; init; }

    /// <summary>The run that the others are set against, one of <see cref="Paths"/>; null to compare all pairs.</summary>
    public string? Baseline { get; init; }

    /// <summary>Resamples of the bootstrap and rounds of the tests.</summary>
    public int Resamples { get; init; } = 9_999;

    /// <summary>Seed of all draws.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Users that are shown.</summary>
    public int Examples { get; init; }

    /// <summary>Threads; all cores when null.</summary>
    public int? ThreadCount { get; init; }

    /// <summary>Whether the output is JSON, so that nothing else is written to it.</summary>
    public bool Json { get; init; }
}
