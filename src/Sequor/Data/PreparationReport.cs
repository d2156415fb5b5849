using System.Text.Json.Serialization;

namespace Sequor.Data;

/// <summary>What a preparation, or the last append, read and what it left out. A store carries it beside the data; it is not part of the fingerprint.</summary>
public sealed record PreparationReport
{
    /// <summary>Rows that the source had.</summary>
    public required long RowCount { get; init; }

    /// <summary>Rows that became events of the store.</summary>
    public required long KeptCount { get; init; }

    /// <summary>Rows left out, by reason, in the order in which the reasons were applied.</summary>
    public IReadOnlyList<DroppedRows> Dropped { get; init => field = value ?? []; } = [];

    /// <summary>What was found out about the source rather than told, a sentence each: the unit of its times, its delimiter.</summary>
    public IReadOnlyList<string> Findings { get; init => field = value ?? []; } = [];

    /// <summary>What came to a store that was there before, <see cref="KeptCount"/> events aside; null when the store was made anew.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AppendedCounts? Appended { get; init; }
}

/// <summary>What came to a store that was appended to.</summary>
/// <param name="NewUserCount">Users that it did not have.</param>
/// <param name="NewItemCount">Items that it did not have.</param>
/// <param name="LateCount">New events that stand before the last one of their user in the store as it was.</param>
public sealed record AppendedCounts(int NewUserCount, int NewItemCount, long LateCount);

/// <summary>Rows that a preparation left out for one reason.</summary>
/// <param name="Reason">The rule in words, such as <c>user with fewer than 5 rows</c>.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Examples">A few of them as <c>user, item (place)</c>.</param>
public sealed record DroppedRows(string Reason, long Count, IReadOnlyList<string> Examples);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PreparationReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
