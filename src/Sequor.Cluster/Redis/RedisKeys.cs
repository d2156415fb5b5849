using StackExchange.Redis;

namespace Sequor.Cluster.Redis;

/// <summary>Names in Redis. Names of services and clusters have no colons, so that none is a part of another.</summary>
internal sealed class RedisKeys(string serviceId)
{
    private readonly string _user = $"sequor:{serviceId}:user:", _prepared = $"sequor:{serviceId}:prepared:";

    /// <summary>Facts of the service: layout, fingerprint of the data it began with, users given out, users forgotten.</summary>
    internal RedisKey Facts { get; } = $"sequor:{serviceId}:facts";

    /// <summary>Ids of users by their codes.</summary>
    internal RedisKey Users { get; } = $"sequor:{serviceId}:users";

    /// <summary>Ids of the items of the prepared data by their codes, from 1.</summary>
    internal RedisKey Items { get; } = $"sequor:{serviceId}:items";

    /// <summary>Held by the node that takes the prepared data in.</summary>
    internal RedisKey Importing { get; } = $"sequor:{serviceId}:importing";

    /// <summary>A user: code, number of arrival of the next event, count, and the events by their ids.</summary>
    internal RedisKey User(string userId) => _user + userId;

    /// <summary>The prepared events of a user.</summary>
    internal RedisKey Prepared(string userId) => _prepared + userId;

    /// <summary>What the nodes of a cluster say of themselves.</summary>
    internal RedisKey Nodes(string clusterId) => $"sequor:{serviceId}:nodes:{clusterId}";

    /// <summary>The nodes of a cluster as Orleans knows them.</summary>
    internal RedisKey Members(string clusterId) => $"sequor:{serviceId}:members:{clusterId}";
}
