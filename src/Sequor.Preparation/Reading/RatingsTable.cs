namespace Sequor.Preparation.Reading;

/// <summary>One or more table files of one layout, and which of their columns mean what.</summary>
internal sealed record RatingsTable
{
    /// <summary>The files, in the order in which their rows count.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>What DuckDB reads in place of each file; null for the files themselves.</summary>
    public IReadOnlyList<string>? Unpacked { get; init; }

    /// <summary>How the files are written.</summary>
    public required TableFormat Format { get; init; }

    /// <summary>The columns: of delimited text all, in the order of the file; of JSON lines those that are read.</summary>
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

    /// <summary>A condition in SQL over the columns that a row must meet to be an event at all; null for none.</summary>
    public string? Where { get; init; }

    /// <summary>Quotes are read in comma files only: in tab and <c>::</c> files a quote is a letter.</summary>
    public bool IsQuoted => Delimiter is "," or ";";

    /// <summary>The DuckDB table function that reads the columns as text, in file order.</summary>
    /// <param name="skipBrokenLines">Whether lines that are no rows go to the table <c>reject_errors</c> instead of stopping the query.</param>
    public string ScanSql(bool skipBrokenLines = false)
    {
        string files = $"[{string.Join(", ", (Unpacked ?? Files).Select(Sql.Text))}]";
        string columns = string.Join(", ", Columns.Select(column => $"{Sql.Text(column)}: 'VARCHAR'"));
        if (Format == TableFormat.Parquet) return $"read_parquet({files})";
        if (Format == TableFormat.JsonLines)
        {
            return $"read_json({files}, format = 'newline_delimited', columns = {{{columns}}}, ignore_errors = {skipBrokenLines})";
        }

        string quote = IsQuoted ? "\"" : "";
        return $"read_csv({files}, auto_detect = false, delim = {Sql.Text(Delimiter!)}, header = {HasHeader}, "
            + $"quote = {Sql.Text(quote)}, escape = {Sql.Text(quote)}, store_rejects = {skipBrokenLines}, columns = {{{columns}}})";
    }

    /// <summary>The query for user, item, and those of rating, time and order that there are, as text, in file order.</summary>
    public string SelectSql(bool skipBrokenLines) =>
        $"SELECT {string.Join(", ", Named.Select(column => $"CAST({Sql.Name(column)} AS VARCHAR)"))} FROM {ScanSql(skipBrokenLines)}"
        + (Where is null ? "" : $" WHERE {Where}");

    private IEnumerable<string> Named => new[] { User, Item, Rating, Time, Order }.OfType<string>();
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
