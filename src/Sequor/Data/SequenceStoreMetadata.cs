using System.Text.Json.Serialization;

namespace Sequor.Data;

/// <summary>What a store says about itself: where its events come from and how they were ordered. Part of the fingerprint.</summary>
public sealed record SequenceStoreMetadata
{
    /// <summary>Name of the data set, such as <c>ml-1m</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The source in words: format and file names, without folders, so that the fingerprint is the same on every machine.</summary>
    public required string Source { get; init; }

    /// <summary>How events are ordered within a user, ties included.</summary>
    public required string OrderRule { get; init; }

    /// <summary>Options of the preparation that shaped the data, by name.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>Number of users U; set by the writer.</summary>
    public int UserCount { get; init; }

    /// <summary>Catalogue size X; set by the writer.</summary>
    public int ItemCount { get; init; }

    /// <summary>Number of events of all users; set by the writer.</summary>
    public long InteractionCount { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SequenceStoreMetadata))]
internal sealed partial class StoreJson : JsonSerializerContext;
