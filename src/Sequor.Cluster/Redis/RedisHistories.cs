using Sequor.Server.Users;
using StackExchange.Redis;

namespace Sequor.Cluster.Redis;

/// <summary>
/// The histories of all users in Redis, for any number of processes. An append is one script: the events whose ids are new get the next numbers of
/// arrival, all or none of them, so it matters to no one how often it is sent or from where. Thread-safe.
/// </summary>
internal sealed class RedisHistories(RedisLink redis, RedisKeys keys, FileRewrite? file = null) : IHistories
{
    // "forgotten" counts the users that were forgotten. Who appends names the count that it knows, and is refused when it is another:
    // an append that was held up on its way cannot bring back a user who has been forgotten meanwhile.
    internal const string AppendScript = """
        local forgotten = redis.call('HGET', KEYS[3], 'forgotten') or '0'
        if forgotten ~= ARGV[1] then return {0, forgotten} end
        local head = redis.call('HMGET', KEYS[1], 'user', 'next', 'count')
        local user, next, count = head[1], tonumber(head[2] or '0'), tonumber(head[3] or '0')
        if not user then
            user = redis.call('HINCRBY', KEYS[3], 'users', 1)
            redis.call('ZADD', KEYS[2], user, ARGV[2])
        end
        local first, new = next, {}
        for i = 3, #ARGV, 2 do
            local added = redis.call('HSETNX', KEYS[1], ARGV[i], struct.pack('<I4', next) .. ARGV[i + 1])
            next = next + added
            new[#new + 1] = added
        end
        count = count + next - first
        redis.call('HSET', KEYS[1], 'user', user, 'next', next, 'count', count)
        return {1, tonumber(user), first, count, table.concat(new)}
        """;

    private const string ForgetScript = """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        redis.call('UNLINK', KEYS[1], KEYS[4])
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('HINCRBY', KEYS[3], 'forgotten', 1)
        return 1
        """;

    private static readonly RedisValue[] s_stand = ["user", "next"];

    private readonly Lock _gate = new();
    private readonly ItemCodes _items = new();
    private string _forgotten = "0";
    private int[]? _prepared;

    public string ItemId(int code) => _items.Id(code) ?? throw new InvalidDataException($"an event is of item {code}, which Redis does not list");

    public async ValueTask<StoredHistory?> ReadAsync(string userId, CancellationToken cancellationToken)
    {
        (HashEntry[] user, RedisValue prepared) = await redis.AskAsync(
            async database =>
            {
                // Both of one moment.
                ITransaction moment = database.CreateTransaction();
                Task<HashEntry[]> all = moment.HashGetAllAsync(keys.User(userId));
                Task<RedisValue> block = moment.StringGetAsync(keys.Prepared(userId));
                await moment.ExecuteAsync();
                return (await all, await block);
            },
            cancellationToken);
        if (user.Length == 0) return null;
        var arrived = new List<StoredEvent>(user.Length);
        if (!prepared.IsNull) await UnpackAsync(prepared, arrived, cancellationToken);
        (long code, long next) = Head(user);
        int before = arrived.Count;
        for (long i = 0; i < next; i++) arrived.Add(default);
        foreach (HashEntry entry in user)
            if (EventRecord.TryRead(Bytes(entry.Name), Bytes(entry.Value), out uint arrival, out KeptEvent one))
                arrived[before + (int)arrival] = new StoredEvent(Code(one.ItemId), one.Timestamp, one.Rating, one.EventId);
        return new StoredHistory(StoredHistory.ByTime(arrived), code, next);
    }

    public async ValueTask<bool> StandsAsync(string userId, long user, long nextArrival, CancellationToken cancellationToken)
    {
        RedisValue[] head = await redis.AskAsync(database => database.HashGetAsync(keys.User(userId), s_stand), cancellationToken);
        return head[0] == user && (long)head[1] <= nextArrival;
    }

    public async ValueTask<StoredAppend> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
        {
            RedisValue[] head = await redis.AskAsync(database => database.HashGetAsync(keys.User(userId), ["user", "next", "count"]), cancellationToken);
            return new StoredAppend(new AppendOutcome(0, 0, (int)head[2]), [], (long)head[0], (long)head[1]);
        }

        RedisKey[] names = [keys.User(userId), keys.Users, keys.Facts];
        var values = new RedisValue[2 + 2 * events.Count];
        values[1] = userId;
        for (int i = 0; i < events.Count; i++)
        {
            string id = events[i].EventId ?? throw new ArgumentException("every event needs an id, so that it can be sent twice", nameof(events));
            (values[2 + 2 * i], values[3 + 2 * i]) = (EventRecord.Field(id), EventRecord.Value(events[i]));
        }

        while (true)
        {
            values[0] = Volatile.Read(ref _forgotten);
            RedisResult[] answer = await redis.AskAsync(async database => (RedisResult[])(await database.ScriptEvaluateAsync(AppendScript, names, values))!, cancellationToken);
            if ((int)answer[0] == 0)
            {
                Volatile.Write(ref _forgotten, (string)answer[1]!);
                continue;
            }

            return Outcome(events, (long)answer[1], (long)answer[2], (int)answer[3], (string)answer[4]!);
        }
    }

    public async ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellationToken)
    {
        bool found = await redis.AskAsync(
            async (database, again) =>
                // Whoever asked before without hearing the answer may have been the one who removed it.
                (int)await database.ScriptEvaluateAsync(ForgetScript, [keys.User(userId), keys.Users, keys.Facts, keys.Prepared(userId)], [userId]) == 1 || again,
            cancellationToken);
        if (found) file?.Want();
        return found;
    }

    public async ValueTask<(long Count, IReadOnlyList<string> UserIds)> SomeAsync(int most, CancellationToken cancellationToken)
    {
        long count = await redis.AskAsync(database => database.SortedSetLengthAsync(keys.Users), cancellationToken);
        RedisValue[] some = most == 0 ? [] : await redis.AskAsync(database => database.SortedSetRangeByRankAsync(keys.Users, 0, most - 1), cancellationToken);
        return (count, Array.ConvertAll(some, id => (string)id!));
    }

    // An event under an id that a node gave for this call alone is this call's, also when the answer to its first sending was lost.
    private StoredAppend Outcome(IReadOnlyList<KeptEvent> events, long user, long first, int total, string added)
    {
        var news = new List<StoredEvent>(events.Count);
        int appended = 0;
        for (int i = 0; i < events.Count; i++)
        {
            KeptEvent one = events[i];
            if (added[i] == '1') news.Add(new StoredEvent(Code(one.ItemId), one.Timestamp, one.Rating, one.EventId));
            if (added[i] == '1' || one.EventId![0] == EventRecord.NodeGiven) appended++;
        }

        return new StoredAppend(new AppendOutcome(appended, events.Count - appended, total), news, user, first);
    }

    private async ValueTask UnpackAsync(RedisValue block, List<StoredEvent> events, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _prepared) is not { } codes)
        {
            RedisValue[] items = await redis.AskAsync(database => database.ListRangeAsync(keys.Items), cancellationToken);
            codes = [0, .. items.Select(id => Code((string)id!))];
            Volatile.Write(ref _prepared, codes);
        }

        PackedEvents.Unpack(Bytes(block), events);
        for (int i = 0; i < events.Count; i++) events[i] = events[i] with { Item = codes[events[i].Item] };
    }

    private int Code(string itemId)
    {
        lock (_gate) return _items.CodeOf(itemId, out _);
    }

    private static (long User, long Next) Head(HashEntry[] user)
    {
        long code = 0, next = 0;
        foreach (HashEntry entry in user)
        {
            if (entry.Name == "user") code = (long)entry.Value;
            else if (entry.Name == "next") next = (long)entry.Value;
        }

        return (code, next);
    }

    private static ReadOnlySpan<byte> Bytes(RedisValue value) => ((ReadOnlyMemory<byte>)value).Span;
}
