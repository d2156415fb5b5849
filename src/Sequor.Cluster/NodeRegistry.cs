using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sequor.Cluster.Redis;
using Sequor.Server;
using Sequor.Server.Contracts;
using Sequor.Server.Models;
using Sequor.Server.Users;
using StackExchange.Redis;

namespace Sequor.Cluster;

/// <summary>What the nodes of a cluster say of themselves: their models and versions, in Redis, so that any of them can tell of all.</summary>
internal sealed partial class NodeRegistry(RedisLink redis, RedisKey key, ModelHost models, Uri url, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(15), s_kept = TimeSpan.FromMinutes(1);

    private static string OwnVersion { get; } = typeof(SequorServer).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>Compares this node with those that are there.</summary>
    /// <exception cref="InvalidInputException">They speak another language.</exception>
    internal async Task CompareAsync(CancellationToken cancellationToken)
    {
        NodeRecord own = Own();
        foreach ((string name, NodeRecord other) in await ReadAsync(cancellationToken))
        {
            if (Age(other) > s_fresh) continue;
            if (other.Protocol != NodeRecord.CurrentProtocol)
                throw new InvalidInputException(
                    $"node {name} runs Sequor {other.Sequor}, whose nodes speak language {other.Protocol}, and this one is Sequor {OwnVersion}, language {NodeRecord.CurrentProtocol}: nodes of a cluster must speak the same; end the others first, or begin a new cluster on the same users with another --cluster-id");
            if (other.Sequor != OwnVersion) LogOtherSequor(logger, name, other.Sequor, OwnVersion);
            if (other.Catalogue != own.Catalogue) LogOtherCatalogue(logger, name, other.ItemCount, other.Catalogue, own.ItemCount, own.Catalogue);
        }
    }

    /// <summary>Says what this node is now.</summary>
    internal async Task SayAsync(SiloAddress self, CancellationToken cancellationToken)
    {
        byte[] record = JsonSerializer.SerializeToUtf8Bytes(Own(), NodeJson.Default.NodeRecord);
        await redis.AskAsync(database => database.HashSetAsync(key, self.ToParsableString(), record), cancellationToken);
    }

    /// <summary>Takes back what this node said, and what nodes said that have not been heard of for long.</summary>
    internal async Task LeaveAsync(string self, CancellationToken cancellationToken)
    {
        var gone = new List<RedisValue> { self };
        foreach ((string name, NodeRecord other) in await ReadAsync(cancellationToken))
            if (Age(other) > s_kept) gone.Add(name);
        await redis.AskAsync(database => database.HashDeleteAsync(key, [.. gone]), cancellationToken);
    }

    /// <summary>The nodes that are there, this one among them; this one alone where Redis does not answer.</summary>
    internal async ValueTask<IReadOnlyList<NodeResponse>> ListAsync(Silo? silo, CancellationToken cancellationToken)
    {
        string self = silo?.Address.ToParsableString() ?? "";
        var all = new Dictionary<string, NodeRecord>(StringComparer.Ordinal);
        try
        {
            HashSet<string> active = silo is null ? [] : [.. silo.Active.Select(one => one.ToParsableString())];
            foreach ((string name, NodeRecord other) in await ReadAsync(cancellationToken))
                if (active.Contains(name)) all[name] = other;
        }
        catch (UsersUnavailableException)
        {
            // What this node answers with can be said all the same.
        }

        all[self] = Own();
        return [.. all.OrderBy(node => node.Key, StringComparer.Ordinal).Select(node => new NodeResponse
        {
            Node = node.Key,
            Url = node.Value.Url,
            IsThis = node.Key == self,
            Sequor = node.Value.Sequor,
            ModelVersion = node.Value.ModelVersion,
            ItemCount = node.Value.ItemCount,
            Catalogue = node.Value.Catalogue,
            SaidAt = DateTimeOffset.FromUnixTimeMilliseconds(node.Value.SaidAt),
        })];
    }

    private NodeRecord Own()
    {
        using ModelLease lease = models.Lease();
        return new NodeRecord
        {
            Protocol = NodeRecord.CurrentProtocol,
            Sequor = OwnVersion,
            Url = url.ToString(),
            ModelVersion = lease.Model.Version,
            ItemCount = lease.Model.Recommender.Items.Count,
            Catalogue = CatalogueFingerprint.Of(lease.Model),
            SaidAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }

    private TimeSpan Age(NodeRecord other) => time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(other.SaidAt);

    private async Task<List<(string Name, NodeRecord Record)>> ReadAsync(CancellationToken cancellationToken)
    {
        HashEntry[] entries = await redis.AskAsync(database => database.HashGetAllAsync(key), cancellationToken);
        return [.. entries.Select(entry => ((string)entry.Name!, JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)entry.Value).Span, NodeJson.Default.NodeRecord)!))];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "node {Node} runs Sequor {Other}, this one {Own}: they understand one another, but bring them to one version soon")]
    private static partial void LogOtherSequor(ILogger logger, string node, string other, string own);

    [LoggerMessage(Level = LogLevel.Warning, Message = "node {Node} knows other items ({OtherCount}, catalogue {Other}) than this one ({OwnCount}, catalogue {Own}): right while a new model is brought in, else one of them has the wrong model")]
    private static partial void LogOtherCatalogue(ILogger logger, string node, int otherCount, string other, int ownCount, string own);
}
