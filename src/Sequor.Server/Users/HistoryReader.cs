using Microsoft.Data.Sqlite;

namespace Sequor.Server.Users;

/// <summary>A connection that reads; one thread at a time.</summary>
internal sealed class HistoryReader : IDisposable
{
    // The count is a hint, and may be damaged.
    private const long MostExpected = 1 << 16;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _user, _events, _some;

    internal HistoryReader(string path)
    {
        _connection = HistoryFile.Open(path);
        HistoryFile.Run(_connection, "PRAGMA query_only = ON");
        _user = Prepare("SELECT u.code, u.next_arrival, u.event_count, p.events FROM users u LEFT JOIN prepared p ON p.user = u.code WHERE u.id = $value");
        _events = Prepare("SELECT item, time, rating, event_id FROM events WHERE user = $value ORDER BY arrival");
        _some = Prepare("SELECT id FROM users ORDER BY code LIMIT $value");
    }

    internal StoredHistory? Find(string userId)
    {
        // Both statements must see the same moment.
        using SqliteTransaction moment = _connection.BeginTransaction(deferred: true);
        _user.Transaction = _events.Transaction = moment;
        _user.Parameters[0].Value = userId;
        long code, next;
        List<StoredEvent> arrived;
        using (SqliteDataReader user = _user.ExecuteReader())
        {
            if (!user.Read()) return null;
            _events.Parameters[0].Value = code = user.GetInt64(0);
            next = user.GetInt64(1);
            arrived = new List<StoredEvent>((int)Math.Clamp(user.GetInt64(2), 0, MostExpected));
            if (!user.IsDBNull(3)) PackedEvents.Unpack(user.GetFieldValue<byte[]>(3), arrived);
        }

        if (next == 0) return new StoredHistory([.. arrived], code, next);
        using (SqliteDataReader reader = _events.ExecuteReader())
        {
            while (reader.Read())
                arrived.Add(new StoredEvent(
                    reader.GetInt32(0), reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetFloat(2), reader.IsDBNull(3) ? null : reader.GetString(3)));
        }

        return new StoredHistory(StoredHistory.ByTime(arrived), code, next);
    }

    internal IReadOnlyList<string> Some(int most)
    {
        _some.Transaction = null;
        _some.Parameters[0].Value = most;
        using SqliteDataReader reader = _some.ExecuteReader();
        var ids = new List<string>();
        while (reader.Read()) ids.Add(reader.GetString(0));
        return ids;
    }

    public void Dispose()
    {
        _user.Dispose();
        _events.Dispose();
        _some.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Prepare(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add(new SqliteParameter { ParameterName = "$value" });
        return command;
    }
}
