using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>What of a store is written where.</summary>
public sealed record TableExportRequest
{
    /// <summary>The store, open.</summary>
    public required SequenceStore Store { get; init; }

    /// <summary>File to write.</summary>
    public required string Output { get; init; }

    /// <summary>Format of the file.</summary>
    public required TableExportFormat Format { get; init; }

    /// <summary>What a row is; users need Parquet, whose columns can hold lists.</summary>
    public TableExportRows Rows { get; init; } = TableExportRows.Interactions;

    /// <summary>Whether each interaction carries the item's title too.</summary>
    public bool Titles { get; init; }
}

/// <summary>Formats of an exported table.</summary>
public enum TableExportFormat
{
    /// <summary>Parquet, compressed with zstd.</summary>
    Parquet,

    /// <summary>Comma-separated values with a header, UTF-8.</summary>
    Csv,
}

/// <summary>What a row of an exported table is.</summary>
public enum TableExportRows
{
    /// <summary>An event of a user.</summary>
    Interactions,

    /// <summary>A user with lists of all events, oldest first.</summary>
    Users,
}
