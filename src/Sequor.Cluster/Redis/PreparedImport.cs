using Microsoft.Extensions.Logging;
using Sequor.Data;
using Sequor.Server.Users;
using StackExchange.Redis;

namespace Sequor.Cluster.Redis;

/// <summary>
/// Begins a service in Redis: with the users of prepared data, or empty. One node takes them in, the others wait; if it is killed over it, another one
/// begins anew. A service that has begun takes nothing in any more.
/// </summary>
internal sealed partial class PreparedImport(RedisLink redis, RedisKeys keys, ILogger logger)
{
    /// <summary>The newest layout of users in Redis that this program reads, and the one it writes.</summary>
    internal const int Layout = 1;

    private const string LayoutFact = "layout", DataFact = "data";
    private const int UsersAStep = 500;

    private static readonly TimeSpan s_held = TimeSpan.FromSeconds(15), s_pause = TimeSpan.FromMilliseconds(300);

    /// <summary>Begins the service if it has not begun.</summary>
    /// <exception cref="InvalidInputException">The data cannot be read, or a newer program began the service.</exception>
    internal async Task BeginAsync(string? dataPath, CancellationToken cancellationToken)
    {
        if (dataPath is not null && !File.Exists(dataPath)) throw new InvalidInputException($"{dataPath} does not exist: name data that `sequor prepare` wrote, or leave it out if the users are in Redis");
        using SequenceStore? data = dataPath is null ? null : SequenceStore.Open(dataPath);
        string token = Guid.NewGuid().ToString("N");
        while (true)
        {
            RedisValue[] facts = await redis.AskAsync(database => database.HashGetAsync(keys.Facts, [LayoutFact, DataFact]), cancellationToken);
            if ((int)facts[0] > Layout)
                throw new InvalidInputException($"the users in Redis have layout {facts[0]}; this program reads layouts 1 to {Layout}: use a newer Sequor, or name another --service-id");
            if (!facts[1].IsNull)
            {
                if (data is not null && facts[1] != data.Fingerprint) LogDataLeftOut(logger, dataPath!);
                return;
            }

            if (await redis.AskAsync(database => database.StringSetAsync(keys.Importing, token, s_held, When.NotExists), cancellationToken))
            {
                await TakeInAsync(data, token, cancellationToken);
                return;
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    private async Task TakeInAsync(SequenceStore? data, string token, CancellationToken cancellationToken)
    {
        if (data is not null)
        {
            await RemoveRestAsync(cancellationToken);
            await redis.AskAsync(database => database.KeyDeleteAsync(keys.Items), cancellationToken);
            foreach (int[] some in Enumerable.Range(1, data.Items.Count).Chunk(10 * UsersAStep))
                await redis.AskAsync(database => database.ListRightPushAsync(keys.Items, [.. some.Select(item => (RedisValue)data.Items.Id(item))]), cancellationToken);
            foreach (int[] some in Enumerable.Range(0, data.UserCount).Chunk(UsersAStep))
            {
                await redis.AskAsync(database => WriteAsync(database, data, some), cancellationToken);
                await HoldAsync(token, cancellationToken);
            }

            await redis.AskAsync(database => database.HashSetAsync(keys.Facts, "users", data.UserCount), cancellationToken);
        }

        await HoldAsync(token, cancellationToken);
        await redis.AskAsync(
            async database =>
            {
                await database.HashSetAsync(keys.Facts, [new HashEntry(LayoutFact, Layout), new HashEntry(DataFact, data?.Fingerprint ?? "")]);
                return await database.KeyDeleteAsync(keys.Importing);
            },
            cancellationToken);
        if (data is not null) LogTaken(logger, data.UserCount);
    }

    private async Task<bool> WriteAsync(IDatabase database, SequenceStore data, int[] users)
    {
        IBatch batch = database.CreateBatch();
        var writes = new List<Task>(3 * users.Length);
        var buffer = new List<byte>();
        foreach (int u in users)
        {
            UserSequence sequence = data[u];
            if (sequence.Length == 0) continue;
            string id = data.UserId(u);
            buffer.Clear();
            PackedEvents.Pack(sequence, buffer);
            writes.Add(batch.StringSetAsync(keys.Prepared(id), buffer.ToArray()));
            writes.Add(batch.HashSetAsync(keys.User(id), [new HashEntry("user", u + 1), new HashEntry("next", 0), new HashEntry("count", sequence.Length)]));
            writes.Add(batch.SortedSetAddAsync(keys.Users, id, u + 1));
        }

        batch.Execute();
        await Task.WhenAll(writes);
        return true;
    }

    // What a node that was killed over it has left, perhaps of other data.
    private async Task RemoveRestAsync(CancellationToken cancellationToken)
    {
        while (await redis.AskAsync(database => database.SortedSetRangeByRankAsync(keys.Users, 0, UsersAStep - 1), cancellationToken) is { Length: > 0 } rest)
        {
            await redis.AskAsync(database => database.KeyDeleteAsync([.. rest.SelectMany(id => (RedisKey[])[keys.User(id!), keys.Prepared(id!)])]), cancellationToken);
            await redis.AskAsync(database => database.SortedSetRemoveAsync(keys.Users, rest), cancellationToken);
        }
    }

    private async Task HoldAsync(string token, CancellationToken cancellationToken)
    {
        const string Script = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";
        RedisResult held = await redis.AskAsync(database => database.ScriptEvaluateAsync(Script, [keys.Importing], [token, (long)s_held.TotalMilliseconds]), cancellationToken);
        if ((int)held == 0) throw new InvalidInputException("another node has begun to take the prepared data in, for this one was not heard of for too long; start it again");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the users in Redis began with other data than {Data}, of which nothing is taken in; name another --service-id to begin with it")]
    private static partial void LogDataLeftOut(ILogger logger, string data);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Users} users of the prepared data are in Redis")]
    private static partial void LogTaken(ILogger logger, int users);
}
