using Sequor.Preparation.Downloads;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Sets;

/// <summary>
/// Ratings of one category of products at Amazon: a rating is an event. The files have no titles; the catalogue is the products that the
/// filter leaves.
/// </summary>
internal sealed record AmazonReviewsSource : PublishedSource
{
    private readonly AmazonEdition edition;
    private readonly string file;
    private readonly PublishedCounts? counts;

    private AmazonReviewsSource(Publication publication, AmazonEdition edition, PublishedCounts? counts) : base(publication)
    {
        this.edition = edition;
        file = publication.Files[0];
        this.counts = counts;
    }

    /// <summary>A category of an edition, as the edition spells it, such as <c>Toys_and_Games</c>.</summary>
    public static AmazonReviewsSource Create(string name, AmazonEdition edition, string category, PublishedCounts? counts)
    {
        string file = edition.FilePattern.Replace("*", category, StringComparison.Ordinal);
        return new AmazonReviewsSource(
            new Publication
            {
                Name = name,
                Home = edition.Home,
                Terms = "no licence stated; published for research, with a paper to cite",
                Address = new Uri(edition.Folder + file),
                Files = [file],
            },
            edition,
            counts);
    }

    private protected override RatingsImport Import(SetFiles files, ImportRun run) =>
        new(run.Request, run.Name, run.Progress, run.CancellationToken)
        {
            Ratings = new RatingsTable
            {
                Files = [files[file]],
                Format = TableFormat.Delimited,
                Columns = edition.Columns,
                Delimiter = ",",
                HasHeader = edition.HasHeader,
                User = "user",
                Item = "item",
                Rating = "rating",
                Time = "time",
            },
            Source = $"{DefaultName}: {file}",
            DefaultMinimumCount = edition.MinimumCount,
            Published = counts is null ? null : counts with { Downloaded = files.Downloaded },
        };
}
