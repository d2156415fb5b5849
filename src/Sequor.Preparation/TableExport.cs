using System.Globalization;
using DuckDB.NET.Data;
using Sequor.Preparation.Reading;
using Sequor.Storage;

namespace Sequor.Preparation;

/// <summary>
/// A store as a table for other tools: DuckDB pulls rows out of the mapped store and writes them as they come, so that memory does not
/// grow with the events.
/// </summary>
public static class TableExport
{
    /// <summary>Writes the table; it appears whole or not at all. Users and events keep the order of the store.</summary>
    /// <exception cref="InvalidInputException">The request asks for what the format or the store lacks, or the file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void Write(TableExportRequest request, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        bool byUser = request.Rows == TableExportRows.Users;
        if (byUser && request.Format == TableExportFormat.Csv) throw new InvalidInputException("one row a user has lists, which CSV cannot hold; choose Parquet, or one row an interaction");
        if (byUser && request.Titles) throw new InvalidInputException("titles go with one row an interaction; leave them out of one row a user");
        if (request.Titles && !request.Store.Items.HasTitles) throw new InvalidInputException($"{request.Store.Path} has no titles; leave them out");
        var rows = new ExportedRows(request, progress, cancellationToken);
        AtomicFile.WriteAt(request.Output, path => Copy(request, rows, path, cancellationToken));
    }

    // DuckDB holds a group of rows until it is full: a group of users should not hold more events than one of interactions, roughly.
    private static long RowGroupSize(TableExportRequest request)
    {
        const long Usual = 122_880, Smallest = 2_048;
        if (request.Rows == TableExportRows.Interactions) return Usual;
        long events = Math.Max(1, request.Store.InteractionCount / Math.Max(1, request.Store.UserCount));
        return Math.Max(Smallest, Usual / events / Smallest * Smallest);
    }

    private static void Copy(TableExportRequest request, ExportedRows rows, string path, CancellationToken cancellationToken)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        rows.Register(connection, "store_rows");
        string format = request.Format == TableExportFormat.Csv
            ? "FORMAT csv, HEADER"
            : string.Create(CultureInfo.InvariantCulture, $"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {RowGroupSize(request)}");
        try
        {
            // The order of the store is the order of a user's events; no temporary file beside ours.
            Run("SET preserve_insertion_order = true");
            Run($"COPY (SELECT * FROM store_rows()) TO {Sql.Text(path)} ({format}, USE_TMP_FILE false)");
        }
        catch (DuckDBException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (rows.Failure is InvalidInputException damaged) throw damaged;
            throw new InvalidInputException($"{request.Output} cannot be written: {error.Message.Split('\n', 2)[0].TrimEnd('.', ' ')}; choose another output or free the folder", error);
        }

        void Run(string sql)
        {
            using DuckDBCommand command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
