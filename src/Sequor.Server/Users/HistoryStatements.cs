using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Sequor.Server.Users;

/// <summary>What the writer says to SQLite, prepared once.</summary>
internal sealed class HistoryStatements : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly SqliteConnection _connection;
    private readonly ItemCodes _items;
    private readonly SqliteCommand _findUser, _addUser, _countUser, _addItem, _addEvent, _forget;
    private long _userCount, _kept;

    internal HistoryStatements(SqliteConnection connection, ItemCodes items)
    {
        (_connection, _items) = (connection, items);
        _findUser = Prepare("SELECT code, event_count, next_arrival FROM users WHERE id = $id", "$id");
        _addUser = Prepare("INSERT INTO users (id, event_count, next_arrival) VALUES ($id, 0, 0) RETURNING code", "$id");
        _countUser = Prepare("UPDATE users SET event_count = $count, next_arrival = $next WHERE code = $code", "$count", "$next", "$code");
        _addItem = Prepare("INSERT INTO items VALUES ($code, $id)", "$code", "$id");
        _addEvent = Prepare(
            "INSERT INTO events VALUES ($user, $arrival, $item, $time, $rating, $event) ON CONFLICT (user, event_id) WHERE event_id IS NOT NULL DO NOTHING",
            "$user", "$arrival", "$item", "$time", "$rating", "$event");
        _forget = Prepare("DELETE FROM prepared WHERE user = $user; DELETE FROM events WHERE user = $user; DELETE FROM users WHERE code = $user;", "$user");
        _userCount = _kept = HistoryFile.Number(connection, "SELECT count(*) FROM users");
    }

    /// <summary>Users on disk.</summary>
    internal long UserCount => Volatile.Read(ref _kept);

    /// <summary>The transaction that the statements belong to.</summary>
    internal SqliteTransaction? Transaction
    {
        set
        {
            foreach (SqliteCommand command in (SqliteCommand[])[_findUser, _addUser, _countUser, _addItem, _addEvent, _forget]) command.Transaction = value;
        }
    }

    internal StoredAppend Append(string userId, IReadOnlyList<KeptEvent> events)
    {
        var (user, count, next) = Find(userId) ?? (0, 0, 0);
        if (events.Count == 0) return new StoredAppend(new AppendOutcome(0, 0, (int)count), [], user, next);
        if (user == 0)
        {
            _addUser.Parameters[0].Value = userId;
            user = (long)_addUser.ExecuteScalar()!;
            _userCount++;
        }

        var added = new List<StoredEvent>(events.Count);
        foreach (KeptEvent one in events)
        {
            int item = Code(one.ItemId);
            SqliteParameterCollection values = _addEvent.Parameters;
            (values[0].Value, values[1].Value, values[2].Value) = (user, next + added.Count, item);
            (values[3].Value, values[4].Value, values[5].Value) = (OrNull(one.Timestamp), OrNull(one.Rating), OrNull(one.EventId));
            if (_addEvent.ExecuteNonQuery() == 1) added.Add(new StoredEvent(item, one.Timestamp, one.Rating, one.EventId));
        }

        (_countUser.Parameters[0].Value, _countUser.Parameters[1].Value, _countUser.Parameters[2].Value) = (count + added.Count, next + added.Count, user);
        _countUser.ExecuteNonQuery();
        return new StoredAppend(new AppendOutcome(added.Count, events.Count - added.Count, (int)count + added.Count), added, user, next);
    }

    internal bool Forget(string userId)
    {
        if (Find(userId) is not { } found) return false;
        _forget.Parameters[0].Value = found.User;
        _forget.ExecuteNonQuery();
        _userCount--;
        return true;
    }

    /// <summary>Moves the log into the file and leaves it empty; waits for those who are reading.</summary>
    /// <exception cref="TimeoutException">Somebody has been reading for too long.</exception>
    internal void EmptyLog()
    {
        // SQLite answers whether a reader stood in the way, it does not fail.
        var watch = Stopwatch.StartNew();
        while (HistoryFile.Number(_connection, "PRAGMA wal_checkpoint(TRUNCATE)") != 0)
        {
            if (watch.Elapsed > s_patience) throw new TimeoutException("the log of the histories is being read and could not be emptied; it will be with the next user who is forgotten, or when the service ends");
            Thread.Sleep(1);
        }
    }

    internal void Keep() => Volatile.Write(ref _kept, _userCount);

    internal void Undo() => _userCount = _kept;

    public void Dispose()
    {
        foreach (SqliteCommand command in (SqliteCommand[])[_findUser, _addUser, _countUser, _addItem, _addEvent, _forget]) command.Dispose();
    }

    private (long User, long Count, long Next)? Find(string userId)
    {
        _findUser.Parameters[0].Value = userId;
        using SqliteDataReader reader = _findUser.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)) : null;
    }

    private int Code(string itemId)
    {
        int code = _items.CodeOf(itemId, out bool isNew);
        if (!isNew) return code;
        (_addItem.Parameters[0].Value, _addItem.Parameters[1].Value) = (code, itemId);
        _addItem.ExecuteNonQuery();
        return code;
    }

    private static object OrNull(object? value) => value ?? DBNull.Value;

    private SqliteCommand Prepare(string sql, params string[] parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (string name in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
}
