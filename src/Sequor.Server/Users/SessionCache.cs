using Sequor.Server.Models;

namespace Sequor.Server.Users;

/// <summary>The users that asked last, within a bound of memory. Thread-safe.</summary>
internal sealed class SessionCache(long mostBytes, ModelHost models) : IDisposable
{
    private const int StampCount = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<CachedUser>> _users = new(StringComparer.Ordinal);
    private readonly LinkedList<CachedUser> _byUse = [];
    private readonly long[] _stamps = new long[StampCount];
    private long _bytes;

    internal int Count
    {
        get
        {
            lock (_gate) return _users.Count;
        }
    }

    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Changes when events of a user do. Who reads a history looks before it reads, and <see cref="TryAdd"/> compares.</summary>
    internal long Stamp(string userId) => Volatile.Read(ref StampOf(userId));

    /// <summary>The user as this model sees it, if it is there.</summary>
    internal CachedUser? Find(string userId, ServedModel model)
    {
        lock (_gate)
        {
            if (!_users.TryGetValue(userId, out var node) || node.Value.Model != model) return null;
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value;
        }
    }

    /// <summary>Adds a user; false if the model has been replaced, the history has changed since it was read, or the user is there.</summary>
    internal bool TryAdd(CachedUser user, long stamp)
    {
        lock (_gate)
        {
            if (StampOf(user.UserId) != stamp || !models.IsCurrent(user.Model) || _users.ContainsKey(user.UserId)) return false;
            _users.Add(user.UserId, _byUse.AddFirst(user));
            Account(user);
            return true;
        }
    }

    /// <summary>Counts anew what a user takes, and drops those that asked longest ago while all together take too much.</summary>
    internal void Weigh(CachedUser user)
    {
        lock (_gate)
            if (_users.TryGetValue(user.UserId, out var node) && node.Value == user) Account(user);
    }

    /// <summary>Tells the user of events that have been appended.</summary>
    internal void Append(string userId, StoredAppend append)
    {
        lock (_gate)
        {
            StampOf(userId)++;
            if (!_users.TryGetValue(userId, out var node)) return;
            if (node.Value.TryAppend(append)) Account(node.Value);
            else Drop(node);
        }
    }

    /// <summary>Drops a user.</summary>
    internal void Forget(string userId)
    {
        lock (_gate)
        {
            StampOf(userId)++;
            if (_users.TryGetValue(userId, out var node)) Drop(node);
        }
    }

    /// <summary>Drops the users of models that have been replaced.</summary>
    internal void Keep(ServedModel? model)
    {
        lock (_gate)
        {
            for (LinkedListNode<CachedUser>? node = _byUse.First, next; node is not null; node = next)
            {
                next = node.Next;
                if (node.Value.Model != model) Drop(node);
            }
        }
    }

    public void Dispose() => Keep(null);

    private ref long StampOf(string userId) => ref _stamps[(uint)userId.GetHashCode(StringComparison.Ordinal) % StampCount];

    private void Account(CachedUser user)
    {
        long bytes = user.Bytes;
        _bytes += bytes - user.CountedBytes;
        user.CountedBytes = bytes;
        while (_bytes > mostBytes && _byUse.Last is { } last) Drop(last);
    }

    private void Drop(LinkedListNode<CachedUser> node)
    {
        _byUse.Remove(node);
        _users.Remove(node.Value.UserId);
        _bytes -= node.Value.CountedBytes;
        node.Value.CountedBytes = 0;
        node.Value.Session.Dispose();
    }
}
