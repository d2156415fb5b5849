using Microsoft.Data.Sqlite;

namespace Sequor.Server.Users;

/// <summary>The file of the histories as SQLite sees it: its tables, how it is opened, and what it must be.</summary>
internal static class HistoryFile
{
    /// <summary>Says in the header of the file whose it is: "SqHi".</summary>
    internal const int ApplicationId = 0x53714869;

    /// <summary>The newest layout this program reads, and the one it writes.</summary>
    internal const int Version = 1;

    private const int NotADatabase = 26, Corrupt = 11, Missing = 1, Constraint = 19, Mismatch = 20;

    // The events that came in one by one stand under user and number of arrival; those of the prepared data are one block a user.
    private const string Tables = """
        CREATE TABLE items (code INTEGER PRIMARY KEY, id TEXT NOT NULL);
        CREATE TABLE users (code INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, event_count INTEGER NOT NULL, next_arrival INTEGER NOT NULL);
        CREATE TABLE prepared (user INTEGER PRIMARY KEY, events BLOB NOT NULL);
        CREATE TABLE events (user INTEGER NOT NULL, arrival INTEGER NOT NULL, item INTEGER NOT NULL, time INTEGER, rating REAL, event_id TEXT,
            PRIMARY KEY (user, arrival)) WITHOUT ROWID;
        CREATE UNIQUE INDEX events_by_id ON events (user, event_id) WHERE event_id IS NOT NULL;
        CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        """;

    /// <summary>Opens a connection; each is used by one thread at a time.</summary>
    internal static SqliteConnection Open(string path, bool create = false)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path, Mode = create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 30,
        }.ConnectionString);
        try
        {
            connection.Open();
            Run(connection, "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Makes the tables in an empty file.</summary>
    internal static void CreateTables(SqliteConnection connection) =>
        Run(connection, $"{Tables} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version};");

    /// <summary>Refuses a file that is no file of histories, or a newer one.</summary>
    internal static void Check(SqliteConnection connection, string path)
    {
        if (Number(connection, "PRAGMA application_id") != ApplicationId) throw Foreign(path);
        long version = Number(connection, "PRAGMA user_version");
        if (version is < 1 or > Version)
            throw new InvalidInputException($"{path} has version {version} of the histories; this program reads versions 1 to {Version}: use a newer Sequor");
    }

    internal static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    internal static long Number(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>The sentence for what SQLite refuses when a file is opened.</summary>
    internal static InvalidInputException Refused(string path, SqliteException error) => error.SqliteErrorCode switch
    {
        NotADatabase => Foreign(path, error),
        Corrupt => Damaged(path, error),
        _ => new InvalidInputException($"{path} cannot be opened: {error.Message.TrimEnd('.')}; check the file, its folder and their permissions", error),
    };

    /// <summary>The sentence for what only a damaged or doctored file does; null for all else, such as a full disk.</summary>
    internal static InvalidInputException? Damage(string path, Exception error) => error switch
    {
        SqliteException { SqliteErrorCode: NotADatabase } refused => Foreign(path, refused),
        SqliteException { SqliteErrorCode: Missing or Corrupt or Constraint or Mismatch } => Damaged(path, error),
        // A value of another kind, out of its range, missing or doubled.
        InvalidCastException or OverflowException or FormatException or InvalidDataException or InvalidOperationException { Source: "Microsoft.Data.Sqlite" } => Damaged(path, error),
        _ => null,
    };

    private static InvalidInputException Damaged(string path, Exception error) =>
        new($"{path} is damaged ({error.Message.TrimEnd('.')}): remove it and its log ({path}-wal, {path}-shm) and bring back a copy, or name another file and the histories begin anew from the prepared data", error);

    private static InvalidInputException Foreign(string path, Exception? error = null) =>
        new($"{path} is not a file of histories; name one that the service made, or a name that is free, and it makes one", error);
}
