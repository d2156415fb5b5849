namespace Sequor.Preparation;

/// <summary>What a named data set is known to hold; a file that differs is not that data set.</summary>
internal sealed record PublishedCounts(long Ratings, int Users, int Items)
{
    /// <summary>Stops with both numbers when a count differs.</summary>
    public void Check(string name, long ratings, int users, int items)
    {
        Check(name, "ratings", Ratings, ratings);
        Check(name, "users", Users, users);
        Check(name, "items", Items, items);
    }

    private static void Check(string name, string what, long published, long found)
    {
        if (found == published) return;
        throw new InvalidInputException(
            $"{name} has {published:N0} {what} as published, but the source has {found:N0}; fetch the complete files, or skip the check (`--no-verify`, in code Verify = false) to prepare what is there");
    }
}
