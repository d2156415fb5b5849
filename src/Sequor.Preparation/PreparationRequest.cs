namespace Sequor.Preparation;

/// <summary>What to turn into a sequence store, and where to put it.</summary>
public sealed record PreparationRequest
{
    /// <summary>The source, such as one of <see cref="KnownDatasets"/> or a <see cref="DelimitedRatingsSource"/>.</summary>
    public required DatasetSource Source { get; init; }

    /// <summary>Path of the store to write; an existing file is replaced once the new one is whole.</summary>
    public required string Output { get; init; }

    /// <summary>Name recorded in the store; the source's own name when null.</summary>
    public string? Name { get; init; }

    /// <summary>Which rows become events.</summary>
    public InteractionFilter Filter { get; init; } = new();

    /// <summary>How the times are written; found out from the first rows when null.</summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>Whether rows that break a rule are left out and counted in the report; otherwise the first of them stops the preparation.</summary>
    public bool SkipBadRows { get; init; }

    /// <summary>Whether a named data set must have its published counts.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>
    /// Memory in bytes: half for DuckDB, which spills to disk beside the output, a quarter for sorting, in as many passes as that takes. Ids are
    /// kept beside it, about 40 bytes each. DuckDB's own default (80 % of the machine) and 512 MiB when null.
    /// </summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Memory for putting users together, in bytes.</summary>
    internal long LayoutBytes => MemoryLimitBytes / 4 ?? 512L << 20;

    /// <summary>Threads that parse files and make users; all cores when null. Two more code ids. The result does not depend on it.</summary>
    public int? ThreadCount { get; init; }
}
