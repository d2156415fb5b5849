namespace Sequor.Preparation;

/// <summary>MovieLens 1M: <c>ratings.dat</c> and <c>movies.dat</c> (<c>::</c>, Latin-1). The catalogue is every row of
/// <c>movies.dat</c>, with genres, year and decade.</summary>
/// <param name="Path">The folder with the files, or <c>ratings.dat</c> itself.</param>
public sealed record MovieLens1MSource(string Path) : DatasetSource
{
    /// <inheritdoc/>
    public override string DefaultName => "ml-1m";

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        string ratings = FindFile(Path, "ratings.dat");
        return new RatingsImport(request, name, progress, cancellationToken)
        {
            Ratings = new RatingsTable
            {
                Files = [ratings],
                Format = TableFormat.Delimited,
                Columns = ["user", "item", "rating", "time"],
                Delimiter = "::",
                User = "user",
                Item = "item",
                Rating = "rating",
                Time = "time",
            },
            Items = ItemList.ReadMovieLens(FindBeside(ratings, "movies.dat")),
            Source = "ml-1m: ratings.dat, movies.dat",
            Published = new PublishedCounts(1_000_209, 6_040, 3_883),
        }.Run();
    }
}
