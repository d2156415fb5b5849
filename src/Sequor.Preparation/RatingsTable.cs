namespace Sequor.Preparation;

/// <summary>One or more table files of one layout, and which of their columns mean what.</summary>
internal sealed record RatingsTable
{
    /// <summary>The files, in the order in which their rows count.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>How the files are written.</summary>
    public required TableFormat Format { get; init; }

    /// <summary>All columns in the order of the file; for delimited text only, where they give the fields their names.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>What separates fields; null unless the format is delimited text.</summary>
    public string? Delimiter { get; init; }

    /// <summary>Whether the first line of each file names the columns.</summary>
    public bool HasHeader { get; init; }

    /// <summary>Column of the user id.</summary>
    public required string User { get; init; }

    /// <summary>Column of the item id.</summary>
    public required string Item { get; init; }

    /// <summary>Column of the rating, if any.</summary>
    public string? Rating { get; init; }

    /// <summary>Column of the timestamp, if any.</summary>
    public string? Time { get; init; }

    /// <summary>Column whose number orders the events of a user, if it is not the time.</summary>
    public string? Order { get; init; }

    /// <summary>SQL condition over the columns, which are text, that a row must meet to be read, such as <c>is_click = '1'</c>; null for all rows.</summary>
    public string? Where { get; init; }

    /// <summary>Quotes are read in comma files only: in tab and <c>::</c> files a quote is a letter.</summary>
    public bool IsQuoted => Delimiter is "," or ";";

    /// <summary>What DuckDB selects from: every column as text, in file order.</summary>
    public string ScanSql() => Where is null ? TableSql() : $"(SELECT * FROM {TableSql()} WHERE {Where})";

    private string TableSql()
    {
        string files = $"[{string.Join(", ", Files.Select(Sql.Text))}]";
        if (Format == TableFormat.Parquet) return $"read_parquet({files})";
        string columns = string.Join(", ", Columns.Select(column => $"{Sql.Text(column)}: 'VARCHAR'"));
        string quote = IsQuoted ? "\"" : "";
        return $"read_csv({files}, auto_detect = false, delim = {Sql.Text(Delimiter!)}, header = {HasHeader}, "
            + $"quote = {Sql.Text(quote)}, escape = {Sql.Text(quote)}, columns = {{{columns}}})";
    }
}

/// <summary>How a table file is written.</summary>
internal enum TableFormat
{
    /// <summary>Lines of fields: CSV, TSV, <c>::</c>; plain, gzip or zstd.</summary>
    Delimited,

    /// <summary>Parquet.</summary>
    Parquet,

    /// <summary>One JSON object a line; plain, gzip or zstd.</summary>
    JsonLines,
}
