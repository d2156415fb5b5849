using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sequor.Cluster.Redis;

/// <summary>
/// Takes users who were forgotten out of the file of Redis too: it grows at its end, and what was removed stands in it until it is written anew. That is
/// asked for soon after somebody was forgotten, but not more often than every <paramref name="pause"/>, for it copies all that Redis holds.
/// </summary>
internal sealed partial class FileRewrite(RedisLink redis, TimeSpan pause, ILogger logger) : IAsyncDisposable
{
    private readonly SemaphoreSlim _wanted = new(0, 1);
    private readonly CancellationTokenSource _ending = new();
    private Task? _work;

    /// <summary>Somebody was forgotten.</summary>
    internal void Want()
    {
        lock (_wanted)
        {
            if (_wanted.CurrentCount == 0) _wanted.Release();
            _work ??= Task.Run(WorkAsync);
        }
    }

    /// <summary>Asks at once for what is still wanted, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_work is not null) await _work;
        if (_wanted.CurrentCount > 0) await TryAsync();
        _ending.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                await _wanted.WaitAsync(_ending.Token);
                if (!await TryAsync()) Want();
                await Task.Delay(pause, _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // It ends.
        }
    }

    // False if one is under way that began before.
    private async Task<bool> TryAsync()
    {
        try
        {
            IServer server = redis.Connection.GetServers()[0];
            if ((await server.ConfigGetAsync("appendonly")).Any(one => one.Value == "yes")) await server.ExecuteAsync("BGREWRITEAOF");
            return true;
        }
        catch (RedisServerException busy) when (busy.Message.Contains("in progress", StringComparison.Ordinal))
        {
            return false;
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            LogNotRewritten(logger, error.GetType().Name);
            return true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis could not be asked to write its file anew ({Reason}): users who were forgotten are in it until it does so by itself, or by BGREWRITEAOF")]
    private static partial void LogNotRewritten(ILogger logger, string reason);
}
