using Sequor.Preparation.Downloads;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Sets;

/// <summary>
/// MovieLens: a rating is an event. The catalogue is every film that is listed, rated or not, with its title, genres, year and decade;
/// users have sex, age, occupation and zip code in the first two versions.
/// </summary>
internal sealed record MovieLensSource : PublishedSource
{
    private readonly MovieLensLayout layout;
    private readonly PublishedCounts? counts;

    private MovieLensSource(Publication publication, MovieLensLayout layout, PublishedCounts? counts) : base(publication)
    {
        this.layout = layout;
        this.counts = counts;
    }

    /// <summary>The version of that name, such as <c>ml-1m</c>.</summary>
    public static MovieLensSource Create(string name, MovieLensLayout layout, string? md5, PublishedCounts? counts) => new(
        new Publication
        {
            Name = name,
            Home = $"https://grouplens.org/datasets/movielens/{(name.StartsWith("ml-latest", StringComparison.Ordinal) ? "latest" : name[3..])}/",
            Terms = "research use, no redistribution, no commercial use without permission",
            Address = new Uri($"https://files.grouplens.org/datasets/movielens/{name}.zip"),
            Md5 = md5,
            Files = [layout.Ratings, layout.Movies],
            OptionalFiles = [.. new[] { layout.Genres, layout.Users }.OfType<string>()],
        },
        layout,
        counts);

    private protected override RatingsImport Import(SetFiles files, ImportRun run) =>
        new(run.Request, run.Name, run.Progress, run.CancellationToken)
        {
            Ratings = new RatingsTable
            {
                Files = [files[layout.Ratings]],
                Format = TableFormat.Delimited,
                Columns = ["user", "item", "rating", "time"],
                Delimiter = layout.Delimiter,
                HasHeader = layout.HasHeader,
                User = "user",
                Item = "item",
                Rating = "rating",
                Time = "time",
            },
            Users = layout.Users is { } name && files.Find(name) is { } users ? UserList.ReadMovieLens(users) : null,
            Items = ItemList.ReadMovieLens(files[layout.Movies], layout.Encoding),
            Source = $"{DefaultName}: {string.Join(", ", new[] { layout.Ratings, layout.Movies, layout.Genres, layout.Users }.OfType<string>())}",
            Published = counts is null ? null : counts with { Downloaded = files.Downloaded },
        };
}
