using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Server.Users;

namespace Sequor.Cluster;

/// <summary>This process among the nodes of its cluster, from joining to leaving; it says what it is, and comes back when the others have taken it for dead.</summary>
internal sealed partial class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan s_saying = TimeSpan.FromSeconds(3), s_leaving = TimeSpan.FromSeconds(8), s_expelled = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger;
    private readonly NodeRegistry _registry;
    private readonly ModelHost _models;
    private readonly ClusterMetrics _metrics;
    private readonly Func<Action, CancellationToken, Task<Silo>> _start;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile Silo? _silo;
    private Task _saying = Task.CompletedTask;

    private ClusterNode(NodeRegistry registry, ModelHost models, ClusterMetrics metrics, Func<Action, CancellationToken, Task<Silo>> start, ILogger logger) =>
        (_registry, _models, _metrics, _start, _logger) = (registry, models, metrics, start, logger);

    /// <summary>The silo; null while it joins the others anew.</summary>
    internal Silo? Silo => _silo;

    /// <summary>Joins the others.</summary>
    /// <param name="options">Where they are.</param>
    /// <param name="registry">What they say of themselves.</param>
    /// <param name="models">The model of this node.</param>
    /// <param name="metrics">Is told of what happens.</param>
    /// <param name="start">Makes the silo; it calls the action when the others have taken it for dead.</param>
    /// <param name="logger">The log.</param>
    /// <param name="cancellationToken">Calls it off.</param>
    /// <exception cref="InvalidInputException">They cannot be joined.</exception>
    internal static async Task<ClusterNode> JoinAsync(
        ClusterOptions options, NodeRegistry registry, ModelHost models, ClusterMetrics metrics, Func<Action, CancellationToken, Task<Silo>> start, ILogger logger, CancellationToken cancellationToken)
    {
        await registry.CompareAsync(cancellationToken);
        var node = new ClusterNode(registry, models, metrics, start, logger);
        try
        {
            await node.StartAsync(cancellationToken);
        }
        catch (Exception error) when (error is OrleansException or IOException or SocketException or TimeoutException or InvalidOperationException)
        {
            throw new InvalidInputException(
                $"this node cannot join the cluster {options.ClusterId}: {error.GetBaseException().Message.TrimEnd('.')}; the nodes must reach one another under the addresses of --advertise and the ports of --cluster-port", error);
        }

        models.Swapped += node.SaySwap;
        node._saying = Task.Run(node.SayAsync, CancellationToken.None);
        return node;
    }

    /// <summary>The nodes that are there.</summary>
    internal ValueTask<IReadOnlyList<NodeResponse>> ListAsync(CancellationToken cancellationToken) => _registry.ListAsync(_silo, cancellationToken);

    /// <summary>Leaves the others: its users go to them, and its calls to an end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _models.Swapped -= SaySwap;
        await _saying;
        await _changing.WaitAsync();
        try
        {
            if (_silo is not { } silo) return;
            string name = silo.Address.ToParsableString();
            await using (silo) await silo.LeaveAsync(s_leaving);
            await _registry.LeaveAsync(name, CancellationToken.None);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The others will find out by themselves.
            LogLeftUnsaid(error.Message);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        Silo silo = await _start(() => _ = Task.Run(RejoinAsync), cancellationToken);
        int count = silo.Active.Count();
        string name = silo.Address.ToParsableString();
        LogJoined(name, count);
        _metrics.Nodes = count;
        _silo = silo;
        await SayOnceAsync();
    }

    // A machine that was suspended, a cable: it comes back as a new node.
    private async Task RejoinAsync()
    {
        if (Interlocked.Exchange(ref _silo, null) is not { } expelled) return;
        _metrics.Rejoined();
        string name = expelled.Address.ToParsableString();
        LogExpelled(name);
        await _changing.WaitAsync();
        try
        {
            try
            {
                await expelled.LeaveAsync(s_expelled);
                await expelled.DisposeAsync();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                LogLeftUnsaid(error.Message);
            }

            while (!_ending.IsCancellationRequested)
            {
                try
                {
                    await StartAsync(_ending.Token);
                    return;
                }
                catch (Exception error) when (error is not OutOfMemoryException)
                {
                    LogNotBack(error.Message);
                    await Task.Delay(s_saying);
                }
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    private void SaySwap(ServedModel model) => _ = Task.Run(SayOnceAsync);

    private async Task SayAsync()
    {
        using var timer = new PeriodicTimer(s_saying);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token)) await SayOnceAsync();
        }
        catch (OperationCanceledException)
        {
            // It leaves.
        }
    }

    private async Task SayOnceAsync()
    {
        try
        {
            if (_silo is not { } silo) return;
            _metrics.Nodes = silo.Active.Count();
            await _registry.SayAsync(silo.Address, _ending.Token);
        }
        catch (Exception error) when (error is UsersUnavailableException or OperationCanceledException or ObjectDisposedException)
        {
            // It is said again in a moment.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "node {Node} has joined; the cluster has {Count} nodes")]
    private partial void LogJoined(string node, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "the others took node {Node} for dead, for it did not answer them; it joins them anew, and meanwhile does by itself what it is asked")]
    private partial void LogExpelled(string node);

    [LoggerMessage(Level = LogLevel.Error, Message = "the cluster could not be joined anew and is tried again: {Reason}")]
    private partial void LogNotBack(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the cluster was left without a word: {Reason}")]
    private partial void LogLeftUnsaid(string reason);
}
