using System.Buffers;
using System.Net;
using Sequor.Cluster.Redis;

namespace Sequor.Cluster;

/// <summary>Where a node finds the others, and where they find it.</summary>
public sealed record ClusterOptions
{
    /// <summary>The longest name.</summary>
    public const int LongestName = 64;

    private static readonly SearchValues<char> s_letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>The Redis that keeps the users and knows the nodes.</summary>
    public required RedisAddress Redis { get; init; }

    /// <summary>Name of the users in Redis; clusters that name the same service have the same users.</summary>
    public string ServiceId { get; init; } = "sequor";

    /// <summary>Name of the cluster: nodes of one name in one service share the users among them.</summary>
    public string ClusterId { get; init; } = "sequor";

    /// <summary>Address under which the other nodes reach this one.</summary>
    public IPAddress Advertised { get; init; } = IPAddress.Loopback;

    /// <summary>Port on which the other nodes reach this one; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Whether a name can be one of a service or cluster: letters, digits, dots, dashes and underscores.</summary>
    public static bool IsName(string text) =>
        text is { Length: > 0 and <= LongestName } && text.AsSpan().IndexOfAnyExcept(s_letters) < 0;
}
