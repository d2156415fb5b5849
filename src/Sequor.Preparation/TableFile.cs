namespace Sequor.Preparation;

/// <summary>A text or Parquet table whose columns have names.</summary>
internal sealed class TableFile
{
    private readonly string path;

    /// <summary>Opens the table as far as its column names.</summary>
    public TableFile(string path, string? delimiter, DuckDbSession duck)
    {
        if (!File.Exists(path)) throw new InvalidInputException($"{path} does not exist; give the path of a table file");
        this.path = path;
        if (Path.GetExtension(path).Equals(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            var columns = new List<string>();
            duck.Read($"SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet({Sql.Text(path)}))", reader => columns.Add(reader.GetString(0)));
            Columns = columns;
            return;
        }

        Delimiter = delimiter ?? Path.GetExtension(path).ToUpperInvariant() switch { ".TSV" => "\t", ".DAT" => "::", _ => "," };
        string header = File.ReadLines(path).FirstOrDefault() ?? throw new InvalidInputException($"{path} is empty; its first line must name the columns");
        Columns = [.. header.Split(Delimiter).Select(column => Delimiter is "," or ";" ? column.Trim().Trim('"') : column.Trim())];
        if (Columns.Distinct(StringComparer.OrdinalIgnoreCase).Count() != Columns.Count)
        {
            throw new InvalidInputException($"the header '{header}' names a column twice; give every column a name of its own ({path}:1)");
        }
    }

    /// <summary>All columns in the order of the file.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What separates fields; null for Parquet.</summary>
    public string? Delimiter { get; }

    /// <summary>Stops when the column is missing.</summary>
    public void Require(string column)
    {
        if (Columns.Contains(column)) return;
        string where = Delimiter is null ? path : $"{path}:1";
        throw new InvalidInputException(
            $"column '{column}' is not among the columns {string.Join(", ", Columns.Select(name => $"'{name}'"))}; name one of these, or another delimiter ({where})");
    }

    /// <summary>The DuckDB table function that reads it.</summary>
    public string ScanSql() => new RatingsTable
    {
        Files = [path], Format = Delimiter is null ? TableFormat.Parquet : TableFormat.Delimited, Columns = Columns, Delimiter = Delimiter, HasHeader = true, User = "", Item = "",
    }.ScanSql();
}
