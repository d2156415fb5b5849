using System.Globalization;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace Sequor.Preparation.Reading;

/// <summary>An in-memory DuckDB that keeps file order, spills beside the output, and stops when the token says so.</summary>
internal sealed partial class DuckDbSession : IDisposable
{
    private readonly DuckDBConnection connection = new("Data Source=:memory:");
    private readonly string spillFolder;
    private readonly CancellationToken cancellationToken;

    /// <summary>Opens a session with the limits of a request.</summary>
    public DuckDbSession(PreparationRequest request, CancellationToken cancellationToken)
    {
        this.cancellationToken = cancellationToken;
        string folder = Path.GetDirectoryName(Path.GetFullPath(request.Output))!;
        spillFolder = Path.Combine(folder, $".sequor-spill.{Guid.NewGuid():N}");
        connection.Open();
        // No extension is ever fetched: what a preparation does must not depend on the network.
        Run("SET autoinstall_known_extensions = false");
        Run("SET preserve_insertion_order = true");
        Run($"SET temp_directory = {Sql.Text(spillFolder)}");
        // The rest is for sorting and for the ids, which are kept here.
        if (request.MemoryLimitBytes is { } bytes) Run(string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{bytes / 2}B'"));
        Run("SET streaming_buffer_size = '16MB'");
        // Without it DuckDB does not count how far it is.
        Run("SET enable_progress_bar = true");
        Run("SET enable_progress_bar_print = false");
        if (request.ThreadCount is { } threads) Run(string.Create(CultureInfo.InvariantCulture, $"SET threads = {threads}"));
    }

    /// <summary>Runs a statement without result.</summary>
    public void Run(string sql) => Execute(sql, command => command.ExecuteNonQuery());

    /// <summary>First value of the first row, or null.</summary>
    public object? Scalar(string sql) => Execute(sql, command => command.ExecuteScalar()) is var value and not DBNull ? value : null;

    /// <summary>Calls <paramref name="row"/> for every row, streaming.</summary>
    public void Read(string sql, Action<DuckDBDataReader> row) => Execute(sql, command =>
    {
        command.UseStreamingMode = true;
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.Read()) row(reader);
        return 0;
    });

    /// <summary>
    /// All rows of a query whose columns are text, in order, without making a string of them: through DuckDB's own interface, as the data
    /// reader would make an object of every value. Who takes a chunk disposes it.
    /// </summary>
    public IEnumerable<TextChunk> ReadText(string sql)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var registration = cancellationToken.Register(() => Startup.DuckDBInterrupt(connection.NativeConnection));
        DuckDBState prepared = PreparedStatements.DuckDBPrepare(connection.NativeConnection, sql, out DuckDBPreparedStatement statement);
        using (statement)
        {
            if (prepared != DuckDBState.Success) throw Explain(PreparedStatements.DuckDBPrepareError(statement));
            DuckDBState executed = PreparedStatements.DuckDBExecutePreparedStreaming(statement, out DuckDBResult result);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (executed != DuckDBState.Success) throw Explain(Query.DuckDBResultError(ref result));
                while (true)
                {
                    DuckDBDataChunk chunk = StreamingResult.DuckDBStreamFetchChunk(result);
                    cancellationToken.ThrowIfCancellationRequested();
                    if (chunk.IsInvalid || DataChunks.DuckDBDataChunkGetSize(chunk) == 0) break;
                    yield return new TextChunk(chunk);
                }

                if (Query.DuckDBResultError(ref result) is { Length: > 0 } error) throw Explain(error);
            }
            finally
            {
                Query.DuckDBDestroyResult(ref result);
            }
        }
    }

    /// <summary>How much of the query that runs is done, 0 to 1; 0 when DuckDB cannot tell.</summary>
    public double Progress => Math.Clamp(Startup.DuckDBQueryProgress(connection.NativeConnection).Percentage / 100, 0, 1);

    /// <summary>Closes the database and removes what it spilled.</summary>
    public void Dispose()
    {
        connection.Dispose();
        if (Directory.Exists(spillFolder)) Directory.Delete(spillFolder, recursive: true);
    }

    private T Execute<T>(string sql, Func<DuckDBCommand, T> run)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using var registration = cancellationToken.Register(command.Cancel);
        try
        {
            return run(command);
        }
        catch (DuckDBException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(error.Message, error);
        }
    }

    // DuckDB explains a bad row over twenty lines; one sentence with file and line is wanted.
    private static InvalidInputException Explain(string message, Exception? error = null)
    {
        Match line = ErrorLine().Match(message), file = ErrorFile().Match(message), columns = ErrorColumns().Match(message);
        string where = file.Success && line.Success ? $" ({file.Groups[1].Value}:{line.Groups[1].Value})" : "";
        if (columns.Success)
        {
            return new InvalidInputException(
                $"the row has {columns.Groups[2].Value} columns where {columns.Groups[1].Value} are expected; mend the row or name another delimiter{where}", error);
        }

        if (message.Contains("utf-8", StringComparison.OrdinalIgnoreCase) || message.Contains("unicode", StringComparison.OrdinalIgnoreCase))
        {
            return new InvalidInputException($"the source is not UTF-8 text; convert it, as with iconv -t UTF-8{where}", error);
        }

        if (message.Contains("unterminated quote", StringComparison.OrdinalIgnoreCase))
        {
            return new InvalidInputException($"a quote opens and does not close, or stands within a field; double it (\"\") or close it{where}", error);
        }

        if (LongLine().Match(message) is { Success: true } longLine)
        {
            return new InvalidInputException($"the line is longer than {longLine.Groups[1].Value} bytes; close the quote that opens in it, or mend it{where}", error);
        }

        string first = ErrorKind().Replace(message.Split('\n', 2)[0], "").TrimEnd('.', ' ');
        return new InvalidInputException($"the source cannot be read: {first}; mend the file{where}", error);
    }

    [GeneratedRegex(@"Maximum line size of (\d+)")]
    private static partial Regex LongLine();

    [GeneratedRegex(@"^[A-Za-z ]+ Error: ")]
    private static partial Regex ErrorKind();

    [GeneratedRegex(@"CSV Error on Line: (\d+)")]
    private static partial Regex ErrorLine();

    [GeneratedRegex(@"^\s*file = (.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex ErrorFile();

    [GeneratedRegex(@"Expected Number of Columns: (\d+) Found: (\d+)")]
    private static partial Regex ErrorColumns();
}
