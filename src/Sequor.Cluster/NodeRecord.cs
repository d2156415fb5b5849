using System.Text.Json.Serialization;

namespace Sequor.Cluster;

/// <summary>What a node says of itself to the others, in Redis.</summary>
internal sealed record NodeRecord
{
    /// <summary>The language in which nodes call one another and write to Redis. It changes only when an old node could not understand a new one.</summary>
    internal const int CurrentProtocol = 1;

    public required int Protocol { get; init; }

    public required string Sequor { get; init; }

    public required string Url { get; init; }

    public required string ModelVersion { get; init; }

    public required int ItemCount { get; init; }

    public required string Catalogue { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long SaidAt { get; init; }
}

/// <summary>Records of nodes in JSON; fields that a newer Sequor adds are passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeRecord))]
internal sealed partial class NodeJson : JsonSerializerContext;
