using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sequor.Cluster.Grains;
using Sequor.Cluster.Redis;
using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Server.Users;

namespace Sequor.Cluster;

/// <summary>
/// Users that several processes have together: histories in Redis, each user on one node at a time, which keeps its keys and values. Any node takes any
/// request and passes it to the user's. Where that one does not answer, this one does it itself: what is true stands in Redis, whoever asks. Thread-safe.
/// </summary>
public sealed class ClusterUsers : ISharedUsers, IAsyncDisposable
{
    // The rest of a request's time is for the answer, which may ask twice.
    private const double PatienceShare = 0.4;

    private static readonly TimeSpan s_rewrites = TimeSpan.FromMinutes(5);

    private readonly ClusterOptions _options;
    private readonly ServerOptions _server;
    private readonly Lazy<ModelHost> _models;
    private readonly Func<Uri> _url;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly RedisLink _redis;
    private readonly RedisKeys _keys;
    private readonly FileRewrite _file;
    private readonly RedisHistories _histories;
    private readonly ClusterMetrics _metrics = new();
    private readonly CancellationTokenSource _ending = new();
    private EmbeddedUsers? _here;
    private ClusterNode? _node;

    private ClusterUsers(
        ClusterOptions options, ServerOptions server, Lazy<ModelHost> models, Func<Uri> url, ILoggerFactory loggers, TimeProvider time, RedisLink redis, ILogger logger)
    {
        (_options, _server, _models, _url, _loggers, _time, _redis, _logger) = (options, server, models, url, loggers, time, redis, logger);
        _keys = new RedisKeys(options.ServiceId);
        _file = new FileRewrite(redis, s_rewrites, logger);
        _histories = new RedisHistories(redis, _keys, _file);
    }

    /// <summary>Users that are on this node now.</summary>
    internal long ActiveUsers => _metrics.Active;

    /// <summary>The silo of this process; null while it joins the others anew.</summary>
    internal Silo? Silo => _node?.Silo;

    private EmbeddedUsers Here => _here ?? throw new InvalidOperationException("the cluster has not been joined");

    /// <summary>Connects to Redis; the cluster is joined by <see cref="JoinAsync"/>.</summary>
    /// <param name="options">Where the others are.</param>
    /// <param name="server">Settings of the service.</param>
    /// <param name="models">The model of this node.</param>
    /// <param name="url">Where this node takes requests; asked for when it joins.</param>
    /// <param name="loggers">Where the log goes.</param>
    /// <param name="time">The time.</param>
    /// <exception cref="InvalidInputException">Redis cannot be used.</exception>
    public static async Task<ClusterUsers> ConnectAsync(
        ClusterOptions options, ServerOptions server, Lazy<ModelHost> models, Func<Uri> url, ILoggerFactory loggers, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(server);
        ILogger logger = loggers.CreateLogger<ClusterUsers>();
        return new ClusterUsers(options, server, models, url, loggers, time, await RedisLink.ConnectAsync(options.Redis, PatienceShare * server.RequestTimeout, logger), logger);
    }

    /// <inheritdoc />
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            await new PreparedImport(_redis, _keys, _logger).BeginAsync(_server.DataPath, either.Token);
            _here = new EmbeddedUsers(_histories, _models.Value, _server, _time);
            var registry = new NodeRegistry(_redis, _keys.Nodes(_options.ClusterId), _models.Value, _url(), _time, _logger);
            _node = await ClusterNode.JoinAsync(
                _options, registry, _models.Value, _metrics,
                (expelled, token) => Cluster.Silo.JoinAsync(_options, _server, _redis, _here, _metrics, _loggers, expelled, token), _logger, either.Token);
        }
        catch (UsersUnavailableException away)
        {
            throw new InvalidInputException($"Redis at {_options.Redis} cannot be used: {Reason(away)}; see that it and this machine have time, and start again", away);
        }
    }

    /// <inheritdoc />
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (_ending.IsCancellationRequested) return;
        await _ending.CancelAsync();
        if (_node is not null) await _node.DisposeAsync();
        _here?.Dispose();
    }

    /// <inheritdoc />
    public ValueTask<UserHistory?> FindAsync(string userId, CancellationToken cancellationToken) => Here.FindAsync(userId, cancellationToken);

    /// <inheritdoc />
    public ValueTask<(long Count, IReadOnlyList<string> UserIds)> SomeAsync(int most, CancellationToken cancellationToken) => Here.SomeAsync(most, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<AppendOutcome> AppendAsync(string userId, IReadOnlyList<KeptEvent> events, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        ArgumentNullException.ThrowIfNull(events);
        SentEvent[] sent = Named(events);
        Reply reply = await AskAsync(
            userId, user => user.AppendAsync(sent), async () => Reply.Of(await Here.AppendAsync(userId, Array.ConvertAll(sent, one => one.Kept), cancellationToken)),
            late: true, cancellationToken);
        return new AppendOutcome(reply.Appended, reply.Repeated, reply.Total);
    }

    /// <inheritdoc />
    public async ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        Reply reply = await AskAsync(
            userId, user => user.ForgetAsync(), async () => new Reply { Found = await Here.ForgetAsync(userId, cancellationToken) }, late: true, cancellationToken);
        return reply.Found;
    }

    /// <inheritdoc />
    public async ValueTask<RecommendResponse?> RecommendAsync(RecommendRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string userId = request.UserId ?? throw new ArgumentException("the request names no user", nameof(request));
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(request, SequorJson.Default.RecommendRequest);
        RecommendResponse? here = null;
        Reply reply = await AskAsync(
            userId, user => user.RecommendAsync(body, cancellationToken),
            async () =>
            {
                here = await Here.RecommendAsync(request, cancellationToken);
                return new Reply();
            },
            late: false, cancellationToken);
        return here ?? (reply.Answer is { } answer ? JsonSerializer.Deserialize(answer, SequorJson.Default.RecommendResponse) : null);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<NodeResponse>> NodesAsync(CancellationToken cancellationToken) =>
        _node is { } node ? node.ListAsync(cancellationToken) : ValueTask.FromResult<IReadOnlyList<NodeResponse>>([]);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await LeaveAsync(CancellationToken.None);
        await _file.DisposeAsync();
        await _redis.DisposeAsync();
        _metrics.Dispose();
        _ending.Dispose();
    }

    // Every event gets an id before it is sent for the first time, so that it can be sent again.
    private static SentEvent[] Named(IReadOnlyList<KeptEvent> events)
    {
        string call = $"{EventRecord.NodeGiven}{Convert.ToBase64String(RandomNumberGenerator.GetBytes(12))}";
        var sent = new SentEvent[events.Count];
        for (int i = 0; i < sent.Length; i++)
        {
            KeptEvent one = events[i];
            ArgumentException.ThrowIfNullOrEmpty(one.ItemId, nameof(events));
            if (one.EventId is { } id && (id.Length == 0 || id[0] == EventRecord.NodeGiven)) throw new ArgumentException("an id of an event must not be empty, nor begin with a control character", nameof(events));
            sent[i] = new SentEvent(one.ItemId, one.Timestamp, one.Rating, one.EventId ?? $"{call}{i:x}");
        }

        return sent;
    }

    /// <summary>Asks the user's node; does it here where that one is gone.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="ask">What is asked.</param>
    /// <param name="here">The same, done here.</param>
    /// <param name="late">Whether it is done here also when the user's node has not answered in time. Appending costs little; answers of the model cost much, and a node that is too busy for them would make the others so.</param>
    /// <param name="cancellationToken">Calls it off.</param>
    private async ValueTask<Reply> AskAsync(string userId, Func<IUserGrain, Task<Reply>> ask, Func<ValueTask<Reply>> here, bool late, CancellationToken cancellationToken)
    {
        if (Silo is { } silo)
        {
            try
            {
                return (await ask(silo.Users.GetGrain<IUserGrain>(userId)).WaitAsync(cancellationToken)).Checked();
            }
            catch (TimeoutException error) when (!late)
            {
                throw new UsersUnavailableException("the node that has this user does not answer in time; come back in a second", error);
            }
            catch (Exception error) when (IsGone(error) && !cancellationToken.IsCancellationRequested)
            {
                // The other nodes have not found out yet, or this one is being left out.
            }
        }

        _metrics.FellBack();
        return await here();
    }

    // Behind the first bracket the client's messages are for its makers.
    private static string Reason(UsersUnavailableException away) => (away.InnerException?.Message ?? away.Message).Split('(')[0].Trim().TrimEnd('.');

    private static bool IsGone(Exception error) =>
        error is OrleansException or TimeoutException or ObjectDisposedException or InvalidOperationException or OperationCanceledException or IOException;
}
