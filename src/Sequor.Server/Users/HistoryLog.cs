using Microsoft.Data.Sqlite;

namespace Sequor.Server.Users;

/// <summary>
/// The log beside the file of the histories. SQLite reads whatever log it finds into the file; so each opening leaves a mark in the file and in
/// its lock, and a log is only read into a file that has the mark.
/// </summary>
internal static class HistoryLog
{
    private const string MarkFact = "opening";

    /// <summary>Removes the log of a file that is gone, before another one takes its name.</summary>
    internal static void RemoveLeftOver(string path)
    {
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
    }

    /// <summary>Refuses a file beside which the log of another one stands.</summary>
    internal static void Check(string path, HistoryLock held)
    {
        var log = new FileInfo(path + "-wal");
        if (!log.Exists || log.Length == 0 || held.Read() is not { Length: > 0 } marks) return;
        string? mark;
        try
        {
            // Immutable: the log is not looked at.
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder
            {
                DataSource = new Uri(path).AbsoluteUri + "?immutable=1", Mode = SqliteOpenMode.ReadOnly, Pooling = false,
            }.ConnectionString);
            connection.Open();
            mark = Read(connection);
        }
        catch (SqliteException)
        {
            // Without its log the file cannot be read; what is wrong is said when it is opened with it.
            return;
        }

        if (mark is null || !marks.Contains(mark))
            throw new InvalidInputException($"beside {path} stands the log of another file that had its name, and would destroy it; if {path} is the one to go on with, remove {path}-wal and {path}-shm");
    }

    /// <summary>Leaves a new mark in the file and in its lock; the log is empty on return.</summary>
    internal static void Mark(SqliteConnection connection, HistoryLock held)
    {
        string mark = Guid.NewGuid().ToString("N");
        // Whoever is killed in between finds either.
        if (Read(connection) is { } before) held.Write(before, mark);
        using (SqliteCommand write = connection.CreateCommand())
        {
            write.CommandText = "INSERT OR REPLACE INTO facts VALUES ($name, $value)";
            write.Parameters.AddWithValue("$name", MarkFact);
            write.Parameters.AddWithValue("$value", mark);
            write.ExecuteNonQuery();
        }

        HistoryFile.Run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        held.Write(mark);
    }

    private static string? Read(SqliteConnection connection)
    {
        using SqliteCommand read = connection.CreateCommand();
        read.CommandText = $"SELECT value FROM facts WHERE name = '{MarkFact}'";
        return (string?)read.ExecuteScalar();
    }
}
