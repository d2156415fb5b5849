using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Sequor.Data;

namespace Sequor.Server.Users;

/// <summary>
/// The histories of all users in one SQLite file, in the terms of the outside. An append is on disk when it returns, and sending an event
/// again under its id changes nothing. Histories stand by time, equal times by arrival; an event without a time stands behind all
/// that arrived before it. One process at a time; reading goes on beside writing. Thread-safe.
/// </summary>
public sealed class HistoryStore : IHistories, IDisposable
{
    private readonly ItemCodes _items = new();
    private readonly ConcurrentBag<HistoryReader> _readers = [];
    private readonly string _path;
    // SQLite would let a second process write between our transactions, and what we keep in memory would no longer be true.
    private readonly HistoryLock _lock;
    private readonly HistoryWriter _writer;
    private volatile bool _disposed;

    private HistoryStore(string path, HistoryLock held, string? dataFingerprint)
    {
        (_path, _lock) = (path, held);
        SqliteConnection connection = HistoryFile.Open(path);
        try
        {
            HistoryFile.Check(connection, path);
            HistoryFile.Run(connection, "PRAGMA journal_mode = WAL");
            using SqliteCommand read = connection.CreateCommand();
            read.CommandText = $"SELECT value FROM facts WHERE name = '{HistoryImport.FingerprintFact}'";
            DataFingerprint = (string?)read.ExecuteScalar();
            LeavesDataOut = dataFingerprint is not null && dataFingerprint != DataFingerprint;
            read.CommandText = "SELECT code, id FROM items ORDER BY code";
            using SqliteDataReader reader = read.ExecuteReader();
            while (reader.Read())
                if (_items.Add(reader.GetString(1)) != reader.GetInt64(0))
                    throw new InvalidInputException($"{path} is damaged: its items are not numbered from 1 on; bring back a copy of it, or name another file");
            _items.Keep();
            reader.Close();
            HistoryLog.Mark(connection, held);
            _writer = new HistoryWriter(path, connection, _items);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Fingerprint of the prepared data that the file began with; null if it began empty.</summary>
    public string? DataFingerprint { get; }

    /// <summary>Whether the data that it was opened with is not what the file began with: a file that is there takes nothing of it.</summary>
    public bool LeavesDataOut { get; }

    /// <summary>Users with events.</summary>
    public long UserCount => _writer.UserCount;

    /// <summary>Opens the file; makes it first if there is none, with the users of prepared data. A file that is there is never loaded again.</summary>
    /// <param name="path">The file; beside it stand its log (<c>-wal</c>, <c>-shm</c>) and a lock (<c>-lock</c>).</param>
    /// <param name="dataPath">Prepared data to begin with; null begins without users. It must be there also when the file is.</param>
    /// <param name="progress">Is told of the users taken in while the file is made.</param>
    /// <exception cref="InvalidInputException">Another process has the file, it is damaged, newer, or something else, or the data cannot be read.</exception>
    public static HistoryStore Open(string path, string? dataPath = null, IProgress<(int Users, int Of)>? progress = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        if (dataPath is not null && !File.Exists(dataPath)) throw new InvalidInputException($"{dataPath} does not exist: name data that `sequor prepare` wrote, or leave it out if {path} is there");
        HistoryLock held = HistoryLock.Take(path);
        try
        {
            if (!File.Exists(path))
            {
                HistoryLog.RemoveLeftOver(path);
                HistoryImport.Make(path, dataPath, progress);
            }

            HistoryLog.Check(path, held);
            return new HistoryStore(path, held, dataPath is null ? null : FingerprintOf(dataPath));
        }
        catch (SqliteException error)
        {
            held.CallOff();
            throw HistoryFile.Refused(path, error);
        }
        catch (Exception error) when (HistoryFile.Damage(path, error) is { } damage)
        {
            held.CallOff();
            throw damage;
        }
        catch
        {
            held.CallOff();
            throw;
        }
    }

    /// <summary>A user's history, oldest first; null if there is none.</summary>
    public UserHistory? Find(string userId) => Read(userId)?.Shown(userId, this);

    /// <summary>Appends events; on return they are on disk. Those whose id the user has are left out, as are repetitions among themselves.</summary>
    public async Task<AppendOutcome> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken = default) =>
        (await AppendStoredAsync(userId, events, cancellationToken)).Outcome;

    /// <summary>Removes a user with all events, also from the free space of the file and from its log; false if there was none.</summary>
    /// <remarks>Ids of items stay: they are not the user's.</remarks>
    public Task<bool> ForgetAsync(string userId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        return _writer.Forget(userId, cancellationToken);
    }

    /// <summary>The ids of some users.</summary>
    public IReadOnlyList<string> SomeUsers(int most) => Reading(reader => reader.Some(most));

    /// <summary>Writes what waits and closes the file. Nobody may ask any more.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        while (_readers.TryTake(out HistoryReader? reader)) reader.Dispose();
        _writer.Dispose();
        _lock.Dispose();
    }

    internal Task<StoredAppend> AppendStoredAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        ArgumentNullException.ThrowIfNull(events);
        foreach (KeptEvent one in events) ArgumentException.ThrowIfNullOrEmpty(one.ItemId, nameof(events));
        return _writer.Append(userId, events, cancellationToken);
    }

    internal StoredHistory? Read(string userId) => Reading(reader => reader.Find(userId));

    /// <exception cref="InvalidInputException">The file is damaged.</exception>
    internal string ItemId(int code) => _items.Id(code) ?? throw HistoryFile.Damage(_path, new InvalidDataException($"an event is of item {code}, which there is not"))!;

    string IHistories.ItemId(int code) => ItemId(code);

    ValueTask<StoredHistory?> IHistories.ReadAsync(string userId, CancellationToken cancellationToken) => ValueTask.FromResult(Read(userId));

    ValueTask<bool> IHistories.StandsAsync(string userId, long user, long nextArrival, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    ValueTask<StoredAppend> IHistories.AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken) =>
        new(AppendStoredAsync(userId, events, cancellationToken));

    ValueTask<bool> IHistories.ForgetAsync(string userId, CancellationToken cancellationToken) => new(ForgetAsync(userId, cancellationToken));

    ValueTask<(long Count, IReadOnlyList<string> UserIds)> IHistories.SomeAsync(int most, CancellationToken cancellationToken) =>
        ValueTask.FromResult((UserCount, SomeUsers(most)));

    private static string FingerprintOf(string dataPath)
    {
        using var data = SequenceStore.Open(dataPath);
        return data.Fingerprint;
    }

    private T Reading<T>(Func<HistoryReader, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_readers.TryTake(out HistoryReader? reader)) reader = new HistoryReader(_path);
        try
        {
            return read(reader);
        }
        catch (Exception error) when (HistoryFile.Damage(_path, error) is { } damage)
        {
            throw damage;
        }
        finally
        {
            _readers.Add(reader);
        }
    }
}
