namespace Sequor.Preparation;

/// <summary>MovieLens 100K: <c>u.data</c> (tabs) and <c>u.item</c> (bars, Latin-1). The catalogue is every row of <c>u.item</c>, with
/// genres (named by <c>u.genre</c>), year and decade.</summary>
/// <param name="Path">The folder with the files, or <c>u.data</c> itself.</param>
public sealed record MovieLens100KSource(string Path) : DatasetSource
{
    /// <inheritdoc/>
    public override string DefaultName => "ml-100k";

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        string ratings = FindFile(Path, "u.data");
        return new RatingsImport(request, name, progress, cancellationToken)
        {
            Ratings = new RatingsTable
            {
                Files = [ratings],
                Format = TableFormat.Delimited,
                Columns = ["user", "item", "rating", "time"],
                Delimiter = "\t",
                User = "user",
                Item = "item",
                Rating = "rating",
                Time = "time",
            },
            Items = ItemList.ReadMovieLens(FindBeside(ratings, "u.item")),
            Source = "ml-100k: u.data, u.item, u.genre",
            Published = new PublishedCounts(100_000, 943, 1_682),
        }.Run();
    }
}
