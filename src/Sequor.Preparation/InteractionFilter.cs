namespace Sequor.Preparation;

/// <summary>
/// Which rows become events. Applied in this order: time range, rating, duplicates, the counts (once, or again and again until a k-core is
/// left), and last the sample of users.
/// </summary>
public sealed record InteractionFilter
{
    /// <summary>
    /// Rows that a user and an item must have, both counted once on the same rows (the reference's rule: what is left may have fewer rows of
    /// an item; users left with fewer are dropped after it). The source's own number when null; 0 for none.
    /// </summary>
    public int? MinimumCount { get; init; }

    /// <summary>Rows that every user and every item has in the end: the counts are repeated until nothing falls away. 0 for none.</summary>
    public int KCore { get; init; }

    /// <summary>Smallest rating that counts as an event; null for all.</summary>
    public float? MinimumRating { get; init; }

    /// <summary>First second, since 1970, of the events that are kept; null for all.</summary>
    public long? From { get; init; }

    /// <summary>Second, since 1970, from which on events are left out; null for none.</summary>
    public long? Until { get; init; }

    /// <summary>What becomes of several events of one user with one item.</summary>
    public DuplicatePolicy Duplicates { get; init; }

    /// <summary>Users at most: a sample that depends on the ids alone; null for all.</summary>
    public int? MaximumUsers { get; init; }

    /// <summary>Refuses rules about columns that there are not.</summary>
    internal void CheckAgainst(string? ratingColumn, string? timeColumn)
    {
        if (MinimumRating is not null && ratingColumn is null) throw new InvalidInputException("a smallest rating needs ratings; name their column (--rating)");
        if ((From ?? Until) is not null && timeColumn is null) throw new InvalidInputException("a time range needs times; name their column (--time)");
        if (From is { } from && Until is { } until && from >= until) throw new InvalidInputException($"the time range from {from} until {until} is empty; let it end after it begins");
    }
}

/// <summary>What becomes of several events of one user with one item.</summary>
public enum DuplicatePolicy
{
    /// <summary>All are kept.</summary>
    KeepAll,

    /// <summary>Only the last in the order of events is kept.</summary>
    Last,
}
