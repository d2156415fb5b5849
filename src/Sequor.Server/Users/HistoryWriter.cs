using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Sequor.Server.Users;

/// <summary>
/// Writes to the file for all callers: what waits goes into one transaction, so that a flush to the disk serves many. A caller hears of it
/// when the transaction is on disk.
/// </summary>
internal sealed class HistoryWriter : IDisposable
{
    private const int LargestTransaction = 1024;

    private readonly Channel<IWrite> _writes = Channel.CreateUnbounded<IWrite>(new UnboundedChannelOptions { SingleReader = true });
    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly ItemCodes _items;
    private readonly HistoryStatements _statements;
    private readonly Thread _thread;

    internal HistoryWriter(string path, SqliteConnection connection, ItemCodes items)
    {
        (_path, _connection, _items) = (path, connection, items);
        _statements = new HistoryStatements(connection, items);
        // A thread of its own: it waits for the disk most of its time.
        _thread = new Thread(Work) { IsBackground = true, Name = "histories" };
        _thread.Start();
    }

    private interface IWrite
    {
        bool Erases { get; }

        void Do(HistoryStatements statements);

        void Finish(Exception? failure);
    }

    internal Task<StoredAppend> Append(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken) =>
        Ask(statements => statements.Append(userId, events), erases: false, cancellationToken);

    /// <summary>Removes a user and what the file and its log may still hold of it.</summary>
    internal Task<bool> Forget(string userId, CancellationToken cancellationToken) => Ask(statements => statements.Forget(userId), erases: true, cancellationToken);

    /// <summary>Writes what waits, then ends.</summary>
    public void Dispose()
    {
        _writes.Writer.TryComplete();
        _thread.Join();
        _statements.Dispose();
        _connection.Dispose();
    }

    private Task<T> Ask<T>(Func<HistoryStatements, T> action, bool erases, CancellationToken cancellationToken)
    {
        var write = new Write<T>(action, erases, cancellationToken);
        ObjectDisposedException.ThrowIf(!_writes.Writer.TryWrite(write), this);
        return write.Done.Task;
    }

    private void Work()
    {
        var together = new List<IWrite>();
        while (_writes.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (together.Count < LargestTransaction && _writes.Reader.TryRead(out IWrite? write)) together.Add(write);
            Exception? failure = Commit(together);
            if (failure is null || together.Count == 1) Finish(together, failure);
            // One that fails must not take those of others with it.
            else foreach (IWrite write in together) Finish([write], Commit([write]));
            together.Clear();
        }
    }

    private void Finish(List<IWrite> together, Exception? failure)
    {
        Exception? left = failure ?? (together.Exists(write => write.Erases) ? Erase() : null);
        foreach (IWrite write in together) write.Finish(write.Erases ? left : failure);
    }

    private Exception? Commit(List<IWrite> together)
    {
        try
        {
            // The system would let us write on to a file that has no name any more.
            if (!File.Exists(_path)) throw new HistoriesGoneException(_path);
            using SqliteTransaction transaction = _connection.BeginTransaction();
            _statements.Transaction = transaction;
            foreach (IWrite write in together) write.Do(_statements);
            transaction.Commit();
            _items.Keep();
            _statements.Keep();
            return null;
        }
        catch (Exception error)
        {
            _items.Undo();
            _statements.Undo();
            return HistoryFile.Damage(_path, error) ?? error;
        }
    }

    // What was removed still stands in the log until it is emptied. That is for those to hear who asked to forget: the rest is on disk.
    private Exception? Erase()
    {
        try
        {
            _statements.EmptyLog();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    internal long UserCount => _statements.UserCount;

    private sealed class Write<T>(Func<HistoryStatements, T> action, bool erases, CancellationToken cancellationToken) : IWrite
    {
        private T? _result;
        private bool _calledOff;

        internal TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Erases => erases && !_calledOff;

        public void Do(HistoryStatements statements)
        {
            _calledOff = cancellationToken.IsCancellationRequested;
            if (!_calledOff) _result = action(statements);
        }

        public void Finish(Exception? failure)
        {
            if (_calledOff) Done.TrySetCanceled(cancellationToken);
            else if (failure is null) Done.TrySetResult(_result!);
            else Done.TrySetException(failure);
        }
    }
}
