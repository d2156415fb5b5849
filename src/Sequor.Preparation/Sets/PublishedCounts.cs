namespace Sequor.Preparation.Sets;

/// <summary>What a named data set is known to hold, as far as it is known; a file that differs is not that data set.</summary>
internal sealed record PublishedCounts
{
    /// <summary>Rows of the ratings, before any filter; null when not known.</summary>
    public long? Ratings { get; init; }

    /// <summary>Users with ratings; null when not known.</summary>
    public int? Users { get; init; }

    /// <summary>Items of the catalogue, after the set's own filter; null when not known.</summary>
    public int? Items { get; init; }

    /// <summary>Files and folders to remove when a count differs, because the download must be damaged; empty when a person gave the files.</summary>
    public IReadOnlyList<string> Downloaded { get; init; } = [];

    /// <summary>Stops with both numbers when a count differs.</summary>
    public void Check(string name, long ratings, int users, int items)
    {
        Check(name, "ratings", Ratings, ratings);
        Check(name, "users", Users, users);
        Check(name, "items", Items, items);
    }

    private void Check(string name, string what, long? published, long found)
    {
        if (published is null || found == published) return;
        foreach (string path in Downloaded)
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }

        string removed = Downloaded.Count == 0 ? "fetch the complete files" : "the download was removed, run it again";
        throw new InvalidInputException(
            $"{name} has {published:N0} {what} as published, but the source has {found:N0}; {removed}, or skip the check (`--no-verify`, in code Verify = false) to prepare what is there");
    }
}
