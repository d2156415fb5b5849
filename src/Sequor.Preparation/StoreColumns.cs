using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>The columns that a store's events were read from, as its options tell; null where they tell nothing, as for named sets.</summary>
public sealed record StoreColumns
{
    /// <summary>Name of the option that tells how the times were written.</summary>
    internal const string UnitOption = "timeUnit";

    /// <summary>Column of the user id.</summary>
    public string? User { get; init; }

    /// <summary>Column of the item id.</summary>
    public string? Item { get; init; }

    /// <summary>Column of the rating.</summary>
    public string? Rating { get; init; }

    /// <summary>Column of the time.</summary>
    public string? Time { get; init; }

    /// <summary>Column of whole numbers that orders the events of a user instead of the time.</summary>
    public string? Order { get; init; }

    /// <summary>How the times were written, where that was told rather than found out.</summary>
    public TimeUnit? TimeUnit { get; init; }

    /// <summary>Reads them from what a store says about itself.</summary>
    public static StoreColumns Of(SequenceStoreMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return new StoreColumns
        {
            User = metadata.Options.GetValueOrDefault("user"),
            Item = metadata.Options.GetValueOrDefault("item"),
            Rating = metadata.Options.GetValueOrDefault("rating"),
            Time = metadata.Options.GetValueOrDefault("time"),
            Order = metadata.Options.GetValueOrDefault("order"),
            TimeUnit = Enum.TryParse(metadata.Options.GetValueOrDefault(UnitOption), ignoreCase: true, out TimeUnit unit) ? unit : null,
        };
    }

    /// <summary>The options that tell them.</summary>
    internal Dictionary<string, string> ToOptions()
    {
        var options = new Dictionary<string, string>();
        foreach (var (name, column) in new[] { ("user", User), ("item", Item), ("rating", Rating), ("time", Time), ("order", Order) })
        {
            if (column is not null) options[name] = column;
        }

        return options;
    }
}
