using Sequor.Data;
using Sequor.Preparation.Downloads;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Sets;

/// <summary>
/// Yelp's open data set: a review is an event, its stars the rating. The catalogue is every business that is listed, with its name, categories
/// and city; the businesses of the reviews when the list is missing.
/// </summary>
internal sealed record YelpSource : PublishedSource
{
    private const string Reviews = "yelp_academic_dataset_review.json";
    private const string Businesses = "yelp_academic_dataset_business.json";

    private YelpSource(Publication publication) : base(publication) { }

    /// <summary>The set of that name.</summary>
    public static YelpSource Create(string name) => new(new Publication
    {
        Name = name,
        Home = "https://business.yelp.com/data/resources/open-dataset/",
        Terms = "academic and personal use under Yelp's agreement",
        Files = [Reviews],
        OptionalFiles = [Businesses],
    });

    private protected override RatingsImport Import(SetFiles files, ImportRun run)
    {
        ItemVocabulary? items = files.Find(Businesses) is { } path ? YelpBusinesses.Read(path) : null;
        return new RatingsImport(run.Request, run.Name, run.Progress, run.CancellationToken)
        {
            Ratings = new RatingsTable
            {
                Files = [files[Reviews]],
                Format = TableFormat.JsonLines,
                Columns = ["user_id", "business_id", "stars", "date"],
                User = "user_id",
                Item = "business_id",
                Rating = "stars",
                Time = "date",
            },
            Items = items,
            Source = items is null ? $"{DefaultName}: {Reviews}" : $"{DefaultName}: {Reviews}, {Businesses}",
        };
    }
}
