using System.Globalization;
using Sequor.Data;

namespace Sequor.Preparation.Appending;

/// <summary>The filter that a store was prepared with, as far as it holds for rows that are appended.</summary>
internal sealed record StoreRules
{
    private IReadOnlyList<string> Once { get; init; } = [];

    private float? MinimumRating { get; init; }

    private long? From { get; init; }

    /// <summary>Whether only a user's last event with an item is kept.</summary>
    public bool KeepsLast { get; private init; }

    /// <summary>Reads the rules from what the store says about itself.</summary>
    public static StoreRules Of(SequenceStoreMetadata metadata)
    {
        var options = metadata.Options;
        return new StoreRules
        {
            MinimumRating = float.TryParse(options.GetValueOrDefault("minimumRating"), CultureInfo.InvariantCulture, out float rating) ? rating : null,
            From = long.TryParse(options.GetValueOrDefault("from"), CultureInfo.InvariantCulture, out long from) ? from : null,
            KeepsLast = options.GetValueOrDefault("duplicates") == "last",
            Once =
            [
                .. options.TryGetValue("minimumCount", out string? count) ? [$"rows that a user and an item must have ({count})"] : Array.Empty<string>(),
                .. options.TryGetValue("kCore", out string? core) ? [$"the core of {core} rows"] : Array.Empty<string>(),
                .. options.TryGetValue("maximumUsers", out string? users) ? [$"the sample of {users} users"] : Array.Empty<string>(),
            ],
        };
    }

    /// <summary>The filter of new rows; the store's rules hold where it says nothing.</summary>
    public InteractionFilter Fill(InteractionFilter filter) => filter with { MinimumRating = filter.MinimumRating ?? MinimumRating, From = filter.From ?? From };

    /// <summary>A sentence for each rule that holds for new rows or no more.</summary>
    public IEnumerable<string> Findings(InteractionFilter filter)
    {
        if (filter.MinimumRating is null && MinimumRating is { } rating) yield return string.Create(CultureInfo.InvariantCulture, $"the smallest rating {rating} of the store holds for new rows too");
        if (filter.From is null && From is { } from) yield return string.Create(CultureInfo.InvariantCulture, $"the first moment {from} of the store holds for new rows too");
        foreach (string rule in Once) yield return $"{rule}: chosen when the store was prepared, not applied to it again";
    }
}
