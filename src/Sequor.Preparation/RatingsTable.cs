namespace Sequor.Preparation;

/// <summary>A table file and which of its columns mean what.</summary>
internal sealed record RatingsTable
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>All columns in the order of the file.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>What separates fields; null for Parquet.</summary>
    public required string? Delimiter { get; init; }

    /// <summary>Whether the first line names the columns.</summary>
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

    /// <summary>Quotes are read in comma files only: in tab and <c>::</c> files a quote is a letter.</summary>
    public bool IsQuoted => Delimiter is "," or ";";

    /// <summary>The DuckDB table function that reads every column as text, in file order.</summary>
    public string ScanSql()
    {
        if (Delimiter is null) return $"read_parquet({Sql.Text(Path)})";
        string columns = string.Join(", ", Columns.Select(column => $"{Sql.Text(column)}: 'VARCHAR'"));
        string quote = IsQuoted ? "\"" : "";
        return $"read_csv({Sql.Text(Path)}, auto_detect = false, delim = {Sql.Text(Delimiter)}, header = {HasHeader}, "
            + $"quote = {Sql.Text(quote)}, escape = {Sql.Text(quote)}, columns = {{{columns}}})";
    }
}
