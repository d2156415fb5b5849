using System.Text;

namespace Sequor.Preparation.Sets;

/// <summary>How a version of MovieLens is written.</summary>
internal sealed record MovieLensLayout
{
    /// <summary>MovieLens 100K: tabs and bars.</summary>
    public static MovieLensLayout Bars { get; } = new()
    {
        Ratings = "u.data", Movies = "u.item", Genres = "u.genre", Users = "u.user", Delimiter = "\t", Encoding = Encoding.Latin1,
    };

    /// <summary>MovieLens 1M: <c>::</c>.</summary>
    public static MovieLensLayout Colons { get; } = new()
    {
        Ratings = "ratings.dat", Movies = "movies.dat", Users = "users.dat", Delimiter = "::", Encoding = Encoding.Latin1,
    };

    /// <summary>MovieLens 10M: <c>::</c>, with titles in UTF-8.</summary>
    public static MovieLensLayout Utf8Colons { get; } = Colons with { Users = null, Encoding = Encoding.UTF8 };

    /// <summary>MovieLens 20M and later: CSV with a header.</summary>
    public static MovieLensLayout Csv { get; } = new()
    {
        Ratings = "ratings.csv", Movies = "movies.csv", Delimiter = ",", HasHeader = true, Encoding = Encoding.UTF8,
    };

    /// <summary>File of the ratings: user, item, rating, time in seconds.</summary>
    public required string Ratings { get; init; }

    /// <summary>File of the films.</summary>
    public required string Movies { get; init; }

    /// <summary>File that names the genres; null when the films name them.</summary>
    public string? Genres { get; init; }

    /// <summary>File of the users; null when there is none.</summary>
    public string? Users { get; init; }

    /// <summary>What separates the fields of the ratings.</summary>
    public required string Delimiter { get; init; }

    /// <summary>Whether the ratings begin with a header.</summary>
    public bool HasHeader { get; init; }

    /// <summary>How the titles are encoded.</summary>
    public required Encoding Encoding { get; init; }
}
