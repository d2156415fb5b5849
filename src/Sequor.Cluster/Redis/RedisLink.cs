using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Sequor.Server.Users;
using StackExchange.Redis;

namespace Sequor.Cluster.Redis;

/// <summary>The connection to Redis. What is asked of it here may be asked twice, so a question whose answer was lost is put again for some seconds.</summary>
internal sealed partial class RedisLink : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly RedisAddress _address;
    private readonly ConnectionMultiplexer _connection;
    private readonly TimeSpan _patience;

    private RedisLink(RedisAddress address, ConnectionMultiplexer connection, TimeSpan patience) => (_address, _connection, _patience) = (address, connection, patience);

    internal ConnectionMultiplexer Connection => _connection;

    /// <summary>Connects, and says where Redis would lose what it is given.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="patience">Time for which it is asked again.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="InvalidInputException">It cannot be reached, or refuses.</exception>
    internal static async Task<RedisLink> ConnectAsync(RedisAddress address, TimeSpan patience, ILogger logger)
    {
        try
        {
            var link = new RedisLink(address, await ConnectionMultiplexer.ConnectAsync(address.Configuration(patience / 2)), patience);
            await link._connection.GetDatabase().PingAsync();
            await link.LookAtSettingsAsync(logger);
            return link;
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            throw new InvalidInputException($"Redis at {address} cannot be used: {Reason(error)}; start it, or mend the address in --cluster", error);
        }
    }

    /// <summary>Asks Redis, again while it does not answer; <paramref name="ask"/> is told whether an earlier asking may have come through.</summary>
    /// <exception cref="UsersUnavailableException">It does not answer for some seconds, or refuses.</exception>
    internal async ValueTask<T> AskAsync<T>(Func<IDatabase, bool, Task<T>> ask, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        for (bool again = false; ; again = true)
        {
            try
            {
                return await ask(_connection.GetDatabase(), again).WaitAsync(cancellationToken);
            }
            catch (Exception error) when (error is RedisException or TimeoutException)
            {
                bool passes = error is not RedisServerException || Passes(error.Message);
                if (!passes || Stopwatch.GetElapsedTime(start) > _patience)
                    throw new UsersUnavailableException(
                        $"Redis, which keeps the users, {(error is RedisServerException ? "refuses" : "does not answer")}: send the request again in a second, events with the same event ids", error);
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    internal ValueTask<T> AskAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken cancellationToken) => AskAsync((database, _) => ask(database), cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    // While it reads its file after a start, and while a replica takes its place.
    private static bool Passes(string message) => message.StartsWith("LOADING", StringComparison.Ordinal) || message.StartsWith("READONLY", StringComparison.Ordinal);

    private static string Reason(Exception error) =>
        error.GetBaseException() is var cause and not TimeoutException && cause.Message.Length < 200
            ? cause.Message.TrimEnd('.')
            : "nothing answers there as Redis does";

    // Services that run Redis for others may not show their settings; then the operator knows them.
    private async Task LookAtSettingsAsync(ILogger logger)
    {
        try
        {
            IServer server = _connection.GetServers()[0];
            Dictionary<string, string> settings = (await server.ConfigGetAsync("append*")).Concat(await server.ConfigGetAsync("maxmemory-policy")).ToDictionary(StringComparer.Ordinal);
            string sync = settings.GetValueOrDefault("appendfsync") ?? "";
            if (settings.GetValueOrDefault("appendonly") != "yes") LogNotKept(logger, _address);
            else if (sync != "always") LogKeptLate(logger, _address, sync);
            if (settings.GetValueOrDefault("maxmemory-policy") is { } policy and not "noeviction") LogEvicts(logger, _address, policy);
        }
        catch (Exception error) when (error is RedisServerException or RedisCommandException)
        {
            LogUnknown(logger, _address);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis at {Address} keeps nothing on disk (appendonly no): events outlive the nodes, but not Redis itself; set appendonly yes")]
    private static partial void LogNotKept(ILogger logger, RedisAddress address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis at {Address} writes to disk behind its answers (appendfsync {Setting}): if its machine fails, events of about the last second may be lost; appendfsync always loses none")]
    private static partial void LogKeptLate(ILogger logger, RedisAddress address, string setting);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis at {Address} removes users when its memory is full (maxmemory-policy {Policy}); set noeviction")]
    private static partial void LogEvicts(ILogger logger, RedisAddress address, string policy);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis at {Address} does not show its settings; events are as durable as appendonly and appendfsync there say")]
    private static partial void LogUnknown(ILogger logger, RedisAddress address);
}
