using System.Text;

namespace Sequor.Preparation.Reading;

/// <summary>Text, Parquet or JSON-lines tables of one layout, as far as the names of their columns.</summary>
internal sealed class TableFile
{
    private const int LongestHeader = 2_000_000;

    private static readonly string[] Delimiters = [",", "\t", ";", "|", "::"];

    private readonly IReadOnlyList<string> files;
    private readonly IReadOnlyList<string> wanted;
    private readonly bool hasHeader;

    /// <summary>Reads the names of the columns from the first file.</summary>
    /// <param name="files">The files; each must exist.</param>
    /// <param name="delimiter">What separates fields; null to go by the name, and by which of the usual ones the wanted columns speak for.</param>
    /// <param name="hasHeader">Whether the first line names the columns; else they are named 1, 2, 3, …</param>
    /// <param name="wanted">Columns that there must be.</param>
    /// <param name="duck">Reads the files.</param>
    public TableFile(IReadOnlyList<string> files, string? delimiter, bool hasHeader, IReadOnlyList<string> wanted, DuckDbSession duck)
    {
        foreach (string file in files)
        {
            if (!File.Exists(file)) throw new InvalidInputException($"{file} does not exist; give the path of a table file");
            if (new FileInfo(file).Length == 0) throw new InvalidInputException($"{file} is empty; its first line must name the columns");
        }

        ZstandardCheck.Run(files);
        this.files = files;
        this.wanted = wanted;
        this.hasHeader = hasHeader;
        Format = FormatOf(files[0]);
        if (files.FirstOrDefault(file => FormatOf(file) != Format) is { } other) throw new InvalidInputException($"{other} is not written as {files[0]} is; prepare files of one kind at a time");
        if (Format == TableFormat.Delimited) ReadHeader(delimiter, duck);
        else Columns = Describe(duck);
        foreach (string column in wanted) Require(column);
    }

    /// <summary>How the files are written.</summary>
    public TableFormat Format { get; }

    /// <summary>All columns in the order of the file.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>What separates fields; null unless the format is delimited text.</summary>
    public string? Delimiter { get; private set; }

    /// <summary>Whether the delimiter was found out rather than told by the caller or the file's name.</summary>
    public bool IsDelimiterFound { get; private set; }

    /// <summary>The table with its columns, in which <paramref name="user"/> and <paramref name="item"/> mean users and items.</summary>
    public RatingsTable ToTable(string user, string item) => new()
    {
        Files = files, Format = Format, Columns = Format == TableFormat.JsonLines ? [.. wanted.Distinct()] : Columns, Delimiter = Delimiter, HasHeader = hasHeader, User = user, Item = item,
    };

    /// <summary>A delimiter as people say it.</summary>
    public static string Name(string delimiter) => delimiter == "\t" ? "tab" : $"'{delimiter}'";

    private static TableFormat FormatOf(string file) => PlainExtension(file) switch
    {
        ".PARQUET" => TableFormat.Parquet,
        ".JSON" or ".JSONL" or ".NDJSON" => TableFormat.JsonLines,
        _ => TableFormat.Delimited,
    };

    // The extension before .gz or .zst, in capitals.
    private static string PlainExtension(string file)
    {
        string extension = Path.GetExtension(file).ToUpperInvariant();
        return extension is ".GZ" or ".ZST" ? Path.GetExtension(Path.GetFileNameWithoutExtension(file)).ToUpperInvariant() : extension;
    }

    private void ReadHeader(string? delimiter, DuckDbSession duck)
    {
        string header = FirstLine(files[0], duck);
        string byName = PlainExtension(files[0]) switch { ".TSV" => "\t", ".DAT" => "::", _ => "," };
        Delimiter = delimiter ?? byName;
        if (delimiter is null && hasHeader && !wanted.All(Split(header, byName).Contains)
            && Delimiters.Where(other => wanted.All(Split(header, other).Contains)).ToList() is [var only])
        {
            Delimiter = only;
            IsDelimiterFound = true;
        }

        string[] names = Split(header, Delimiter);
        Columns = hasHeader ? names : [.. Enumerable.Range(1, names.Length).Select(number => $"{number}")];
        if (hasHeader && Columns.GroupBy(column => column, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidInputException($"the header names column '{twice.Key}' twice; give every column a name of its own ({files[0]}:1)");
        }

        // Fields are read by their place: in another file the same place must mean the same.
        foreach (string file in files.Skip(1))
        {
            string[] others = Split(FirstLine(file, duck), Delimiter);
            if (hasHeader ? others.SequenceEqual(names) : others.Length == names.Length) continue;
            throw new InvalidInputException(
                $"the columns {string.Join(", ", others.Select(name => $"'{name}'"))} are not those of {files[0]}; prepare files of one layout at a time ({file}:1)");
        }
    }

    private static string[] Split(string header, string delimiter) =>
        [.. (delimiter is "," or ";" ? CsvLine.Split(header, delimiter[0]) : header.Split(delimiter)).Select(column => column.Trim())];

    private static string FirstLine(string file, DuckDbSession duck)
    {
        string? line = null;
        if (Path.GetExtension(file).Equals(".zst", StringComparison.OrdinalIgnoreCase))
        {
            // .NET does not unpack zstd. As one column that nothing ends but the line; what else is wrong with the file is said when it is read.
            duck.Read(
                $"SELECT line FROM read_csv({Sql.Text(file)}, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', ignore_errors = true, columns = {{'line': 'VARCHAR'}}) LIMIT 1",
                reader => line = reader.IsDBNull(0) ? "" : reader.GetString(0).TrimStart('\uFEFF'));
        }
        else
        {
            try
            {
                using var reader = new StreamReader(SourceLine.Open(file));
                line = ReadLine(reader, file);
            }
            catch (InvalidDataException error)
            {
                throw new InvalidInputException($"{file} is not gzip, or damaged; fetch it again, or name it as what it is", error);
            }
        }

        return line ?? throw new InvalidInputException($"{file} is empty; its first line must name the columns");
    }

    // Like ReadLine, but a line without end must not become a string without end.
    private static string? ReadLine(StreamReader reader, string file)
    {
        var line = new StringBuilder();
        int letter;
        while ((letter = reader.Read()) >= 0 && letter != '\n')
        {
            if (line.Length == LongestHeader) throw new InvalidInputException($"the first line is longer than {LongestHeader:N0} letters: this is no table of lines ({file}:1)");
            line.Append((char)letter);
        }

        return letter < 0 && line.Length == 0 ? null : line.ToString().TrimEnd('\r');
    }

    private List<string> Describe(DuckDbSession duck)
    {
        var columns = new List<string>();
        string scan = Format == TableFormat.Parquet ? $"read_parquet({Sql.Text(files[0])})" : $"read_json({Sql.Text(files[0])}, format = 'newline_delimited')";
        duck.Read($"SELECT column_name FROM (DESCRIBE SELECT * FROM {scan})", reader => columns.Add(reader.GetString(0)));
        return columns;
    }

    private void Require(string column)
    {
        if (Columns.Contains(column)) return;
        string where = Format == TableFormat.Delimited ? $"{files[0]}:1" : files[0];
        string names = string.Join(", ", Columns.Take(20).Select(name => $"'{name}'")) + (Columns.Count > 20 ? ", …" : "");
        string hint = Format == TableFormat.Delimited && hasHeader
            ? $"name one of these, or another delimiter (--delimiter; {Name(Delimiter!)} was taken), or --no-header when no line names the columns"
            : "name one of these";
        throw new InvalidInputException($"column '{column}' is not among the columns {names}; {hint} ({where})");
    }
}
