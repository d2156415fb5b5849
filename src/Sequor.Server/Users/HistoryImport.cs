using Microsoft.Data.Sqlite;
using Sequor.Data;
using Sequor.Storage;

namespace Sequor.Server.Users;

/// <summary>Makes the file of the histories, with the users of prepared data in it. It appears whole or not at all.</summary>
internal static class HistoryImport
{
    /// <summary>Name of the fact that says which data the file began with.</summary>
    internal const string FingerprintFact = "data_fingerprint";

    private const int UsersAStep = 1000;

    internal static void Make(string path, string? dataPath, IProgress<(int Users, int Of)>? progress)
    {
        using SequenceStore? data = dataPath is null ? null : SequenceStore.Open(dataPath);
        AtomicFile.WriteAt(path, temporary =>
        {
            using SqliteConnection connection = HistoryFile.Open(temporary);
            // The file is flushed as a whole before it gets its name; until then there is nothing to protect.
            HistoryFile.Run(connection, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF;");
            HistoryFile.CreateTables(connection);
            if (data is null) return;
            using SqliteTransaction transaction = connection.BeginTransaction();
            TakeItems(connection, data.Items);
            TakeUsers(connection, data, progress);
            using SqliteCommand fact = connection.CreateCommand();
            fact.CommandText = "INSERT INTO facts VALUES ($name, $value)";
            fact.Parameters.AddWithValue("$name", FingerprintFact);
            fact.Parameters.AddWithValue("$value", data.Fingerprint);
            fact.ExecuteNonQuery();
            transaction.Commit();
        });
    }

    private static void TakeItems(SqliteConnection connection, ItemVocabulary items)
    {
        using SqliteCommand insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO items VALUES ($code, $id)";
        SqliteParameter code = insert.Parameters.Add("$code", SqliteType.Integer), id = insert.Parameters.Add("$id", SqliteType.Text);
        for (int item = 1; item <= items.Count; item++)
        {
            (code.Value, id.Value) = (item, items.Id(item));
            insert.ExecuteNonQuery();
        }
    }

    private static void TakeUsers(SqliteConnection connection, SequenceStore data, IProgress<(int Users, int Of)>? progress)
    {
        using SqliteCommand user = connection.CreateCommand(), events = connection.CreateCommand();
        user.CommandText = "INSERT INTO users VALUES ($code, $id, $count, 0)";
        SqliteParameter code = user.Parameters.Add("$code", SqliteType.Integer), id = user.Parameters.Add("$id", SqliteType.Text);
        SqliteParameter count = user.Parameters.Add("$count", SqliteType.Integer);
        events.CommandText = "INSERT INTO prepared VALUES ($user, $events)";
        SqliteParameter owner = events.Parameters.Add("$user", SqliteType.Integer), packed = events.Parameters.Add("$events", SqliteType.Blob);
        var buffer = new List<byte>();
        for (int u = 0; u < data.UserCount; u++)
        {
            if (u % UsersAStep == 0) progress?.Report((u, data.UserCount));
            UserSequence sequence = data[u];
            if (sequence.Length == 0) continue;
            (code.Value, id.Value, count.Value) = (u + 1, data.UserId(u), sequence.Length);
            user.ExecuteNonQuery();
            buffer.Clear();
            PackedEvents.Pack(sequence, buffer);
            (owner.Value, packed.Value) = (u + 1, buffer.ToArray());
            events.ExecuteNonQuery();
        }

        progress?.Report((data.UserCount, data.UserCount));
    }
}
