using System.Text.Json.Serialization;

namespace Sequor.Artifacts;

/// <summary>Which row of an item table belongs to an item.</summary>
public enum ItemRowRule
{
    /// <summary>Row i is item index i. The reference's rule where its preparation numbers the items (Amazon: code + 1), and that of artefacts.</summary>
    [JsonStringEnumMemberName("index")]
    Index,

    /// <summary>Row n is the item whose external id is the number n. The reference's rule for MovieLens, whose tables have gaps.</summary>
    [JsonStringEnumMemberName("id")]
    Id,
}
