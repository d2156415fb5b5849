using Sequor.Preparation.Sets;

namespace Sequor.Preparation;

/// <summary>Data sets that need no columns to be named; one line registers one, or a family of one layout.</summary>
public static class KnownDatasets
{
    private static readonly Family[] Families =
    [
        new("amzn-", AmazonEdition.Of2014),
        new("amzn2018-", AmazonEdition.Of2018),
        new("amzn2023-", AmazonEdition.Of2023),
        new("amzn2023-5core-", AmazonEdition.Of2023FiveCore),
    ];

    private static readonly Dictionary<string, Func<string, PublishedSource>> Single = new()
    {
        ["ml-100k"] = MovieLens(MovieLensLayout.Bars, "0e33842e24a9c977be4e0107933c0723", 100_000, 943, 1_682),
        ["ml-1m"] = MovieLens(MovieLensLayout.Colons, "c4d9eecfca2ab87c1945afe126590906", 1_000_209, 6_040, 3_883),
        ["ml-10m"] = MovieLens(MovieLensLayout.Utf8Colons, "ce571fd55effeba0271552578f2648bd", 10_000_054, 69_878, 10_681),
        ["ml-20m"] = MovieLens(MovieLensLayout.Csv, "cd245b17a1ae2cc31bb14903e1204af3", 20_000_263, 138_493, 27_278),
        ["ml-25m"] = MovieLens(MovieLensLayout.Csv, "6b51fb2759a8657d3bfcbfc42b592ada", 25_000_095, 162_541, 62_423),
        ["ml-32m"] = MovieLens(MovieLensLayout.Csv, null, 32_000_204, 200_948, 87_585),
        ["ml-latest-small"] = name => MovieLensSource.Create(name, MovieLensLayout.Csv, null, null),
        ["kuairand-1k"] = KuaiRandSource.Create,
        ["yelp"] = YelpSource.Create,
    };

    private static readonly Dictionary<string, PublishedCounts> AmazonCounts = new()
    {
        ["amzn-books"] = new PublishedCounts { Ratings = 22_507_155, Items = 695_762 },
    };

    private static readonly SortedDictionary<string, Func<string, PublishedSource>> Sources = new(
        Single.Concat(Families.SelectMany(family => family.Edition.Categories.Select(category => Amazon(family, category)))).ToDictionary(),
        StringComparer.Ordinal);

    /// <summary>The names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Sources.Keys];

    /// <summary>The names in a line, a family as one: <c>amzn-CATEGORY</c>.</summary>
    public static string Overview { get; } =
        string.Join(", ", Single.Keys.Concat(Families.Select(family => family.Prefix + "CATEGORY")).Order(StringComparer.Ordinal));

    /// <summary>Whether this is the name of a data set, or of a family with a category that it does not have.</summary>
    public static bool Recognises(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Sources.ContainsKey(name) || FamilyOf(name) is not null;
    }

    /// <summary>The source of that name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="place">Folder, ratings file, archive, or http(s) address; null to download what is published.</param>
    /// <exception cref="InvalidInputException">No data set has this name.</exception>
    public static PublishedSource Create(string name, string? place = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Sources.TryGetValue(name, out var create)) return create(name) with { Place = place };
        throw FamilyOf(name) is { } family
            ? new InvalidInputException(
                $"data set '{name}' has no such category; {family.Prefix} goes on with one of {string.Join(", ", family.Edition.Categories.Select(Slug))}")
            : new InvalidInputException($"data set '{name}' is not known; known are {Overview}; name the columns to prepare any other file");
    }

    private static Family? FamilyOf(string name) => Families.LastOrDefault(family => name.StartsWith(family.Prefix, StringComparison.Ordinal));

    private static Func<string, PublishedSource> MovieLens(MovieLensLayout layout, string? md5, long ratings, int users, int items) =>
        name => MovieLensSource.Create(name, layout, md5, new PublishedCounts { Ratings = ratings, Users = users, Items = items });

    private static KeyValuePair<string, Func<string, PublishedSource>> Amazon(Family family, string category) => new(
        family.Prefix + Slug(category), name => AmazonReviewsSource.Create(name, family.Edition, category, AmazonCounts.GetValueOrDefault(name)));

    private static string Slug(string category) => category.ToLowerInvariant().Replace('_', '-');

    private sealed record Family(string Prefix, AmazonEdition Edition);
}
