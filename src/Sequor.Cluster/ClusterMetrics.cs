using System.Diagnostics.Metrics;
using Sequor.Server.Users;

namespace Sequor.Cluster;

/// <summary>Instruments of the cluster, of the same meter as the service's.</summary>
internal sealed class ClusterMetrics : IDisposable
{
    private readonly Meter _meter = new(EmbeddedUsers.MeterName);
    private readonly Counter<long> _moved, _fallbacks, _rejoins;
    private long _active, _nodes;

    internal ClusterMetrics()
    {
        _meter.CreateObservableUpDownCounter("sequor.cluster.users", () => Active, "{user}", "Users that are on this node now.");
        _meter.CreateObservableGauge("sequor.cluster.nodes", () => Volatile.Read(ref _nodes), "{node}", "Nodes of the cluster that this node knows.");
        _moved = _meter.CreateCounter<long>("sequor.cluster.moves", "{user}", "Users that left this node because another one has them now.");
        _fallbacks = _meter.CreateCounter<long>("sequor.cluster.fallbacks", "{request}", "Requests that this node did itself because the user's node did not answer.");
        _rejoins = _meter.CreateCounter<long>("sequor.cluster.rejoins", "{rejoin}", "Times that the others took this node for dead and it joined them anew.");
    }

    internal long Nodes
    {
        set => Volatile.Write(ref _nodes, value);
    }

    /// <summary>Users that are on this node now.</summary>
    internal long Active => Volatile.Read(ref _active);

    internal void Activated() => Interlocked.Increment(ref _active);

    internal void Deactivated() => Interlocked.Decrement(ref _active);

    internal void Moved() => _moved.Add(1);

    internal void FellBack() => _fallbacks.Add(1);

    internal void Rejoined() => _rejoins.Add(1);

    public void Dispose() => _meter.Dispose();
}
