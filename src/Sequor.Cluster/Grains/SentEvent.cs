using Sequor.Server.Users;

namespace Sequor.Cluster.Grains;

/// <summary>An event on its way between nodes. Nodes of two versions may speak with one another: numbers are never given to other fields.</summary>
[GenerateSerializer, Immutable, Alias("sequor.event")]
internal readonly record struct SentEvent(
    [property: Id(0)] string ItemId, [property: Id(1)] long? Timestamp, [property: Id(2)] float? Rating, [property: Id(3)] string EventId)
{
    internal KeptEvent Kept => new(ItemId, Timestamp, Rating, EventId);
}
