using Sequor.Data;
using Sequor.Preparation.Downloads;
using Xunit;

namespace Sequor.Preparation.Tests.Downloads;

public sealed class PublishedSetTests : IDisposable
{
    private const string Movies = "1::A (2001)::X\n2::B (2002)::X\n";
    private const string Ratings = "1::1::5::100\n1::2::5::101\n";

    private readonly TemporaryFolder folder = new();

    public PublishedSetTests() => Directory.CreateDirectory(folder.File("cache"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_archive_is_downloaded_once_and_then_read_from_the_cache()
    {
        using var server = new FileServer(Archives.Zip(("ml-1m/movies.dat", Movies), ("ml-1m/ratings.dat", Ratings), ("ml-1m/README", "x")));
        PublishedSource source = Source("ml-1m", server.Address("ml-1m.zip").AbsoluteUri);
        Assert.True(source.NeedsDownload);
        Assert.Equal(["1: 1 2"], Lines(source));
        Assert.False(source.NeedsDownload);
        Assert.Equal(["1: 1 2"], Lines(source));
        Assert.Single(server.Ranges);
        Assert.DoesNotContain("README", CachedFiles());
    }

    [Fact]
    public void A_table_is_downloaded_as_it_is()
    {
        using var server = new FileServer("u1,i1,5.0,100\nu1,i2,5.0,99\n"u8.ToArray());
        Assert.Equal(["u1: i2 i1"], Lines(Source("amzn-beauty", server.Address("ratings_Beauty.csv").AbsoluteUri)));
        Assert.Equal([".lock", "ratings_Beauty.csv"], CachedFiles());
    }

    [Fact]
    public void The_published_checksum_holds_for_mirrors_too()
    {
        using var server = new FileServer(Archives.Zip(("ml-1m/movies.dat", Movies), ("ml-1m/ratings.dat", Ratings)));
        string message = Refusal(Source("ml-1m", server.Address("ml-1m.zip").AbsoluteUri), verify: true);
        Assert.Contains("published is c4d9eecfca2ab87c1945afe126590906; it was removed", message, StringComparison.Ordinal);
        Assert.Equal([".lock"], CachedFiles());
    }

    [Fact]
    public void A_download_with_other_counts_than_the_published_is_removed()
    {
        using var server = new FileServer(Archives.Zip(("ml-32m/movies.csv", "movieId,title,genres\n1,A,X\n"), ("ml-32m/ratings.csv", "userId,movieId,rating,timestamp\n1,1,5.0,100\n")));
        string message = Refusal(Source("ml-32m", server.Address("ml-32m.zip").AbsoluteUri), verify: true);
        Assert.Contains("32,000,204 ratings as published, but the source has 1; the download was removed", message, StringComparison.Ordinal);
        Assert.Equal([".lock"], CachedFiles());
    }

    [Fact]
    public void A_damaged_archive_is_removed_and_said()
    {
        using var server = new FileServer(Archives.Zip(("ml-1m/movies.dat", Movies), ("ml-1m/ratings.dat", Ratings))[..100]);
        string message = Refusal(Source("ml-1m", server.Address("ml-1m.zip").AbsoluteUri));
        Assert.Contains("is damaged", message, StringComparison.Ordinal);
        Assert.EndsWith("the download was removed", message, StringComparison.Ordinal);
        Assert.Equal([".lock"], CachedFiles());
    }

    [Fact]
    public void A_page_in_place_of_the_file_is_not_kept()
    {
        using var server = new FileServer("\n<!DOCTYPE html>"u8.ToArray());
        Assert.Contains("is a page, not a data file", Refusal(Source("amzn-beauty", server.Address("ratings_Beauty.csv").AbsoluteUri)), StringComparison.Ordinal);
        Assert.Equal([".lock"], CachedFiles());
    }

    [Fact]
    public void An_archive_without_the_files_of_the_set_is_refused()
    {
        File.WriteAllBytes(folder.File("other.zip"), Archives.Zip(("ml-1m/ratings.dat", Ratings)));
        Assert.Contains("has no movies.dat; give the archive of ml-1m", Refusal(Source("ml-1m", folder.File("other.zip"))), StringComparison.Ordinal);
        Assert.Equal([".lock"], CachedFiles());
    }

    [Fact]
    public void A_set_stands_in_a_folder_in_one_below_in_an_archive_or_beside_its_ratings()
    {
        Directory.CreateDirectory(folder.File("outer/ml-1m"));
        folder.Write("outer/ml-1m/movies.dat", Movies);
        folder.Write("outer/ml-1m/ratings.dat", Ratings);
        File.WriteAllBytes(folder.File("set.tgz"), Archives.TarGzip(("ml-1m/movies.dat", Movies), ("ml-1m/ratings.dat", Ratings)));
        foreach (string place in new[] { "outer", "outer/ml-1m", "outer/ml-1m/ratings.dat", "set.tgz" })
        {
            PublishedSource source = Source("ml-1m", folder.File(place));
            Assert.False(source.NeedsDownload);
            Assert.Equal(["1: 1 2"], Lines(source));
        }
    }

    [Fact]
    public void A_folder_that_holds_a_file_twice_is_not_guessed_about()
    {
        foreach (string name in new[] { "a", "b" })
        {
            Directory.CreateDirectory(folder.File($"outer/{name}"));
            folder.Write($"outer/{name}/movies.dat", Movies);
            folder.Write($"outer/{name}/ratings.dat", Ratings);
        }

        string message = Refusal(Source("ml-1m", folder.File("outer")));
        Assert.Contains($"ratings.dat stands in {folder.File("outer/a")} and in {folder.File("outer/b")}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_locked_folder_is_waited_for()
    {
        using var server = new FileServer("u1,i1,5.0,100\n"u8.ToArray());
        PublishedSource source = Source("amzn-beauty", server.Address("ratings_Beauty.csv").AbsoluteUri);
        string[] prepared = Lines(source);
        string inUse = Directory.EnumerateFiles(folder.File("cache"), ".lock", SearchOption.AllDirectories).Single();
        using var cancellation = new CancellationTokenSource();
        var waiting = new CancelWhenWaiting(cancellation);
        using (FolderLock.Take(Path.GetDirectoryName(inUse)!, null, TestContext.Current.CancellationToken))
        {
            var request = new PreparationRequest { Source = source, Output = folder.File("s"), ThreadCount = 1 };
            Assert.ThrowsAny<OperationCanceledException>(() => DatasetPreparer.Prepare(request, waiting, cancellation.Token));
        }

        Assert.Equal(["waiting for another process"], waiting.Stages);
        Assert.Equal(prepared, Lines(source));
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("https://")]
    public void An_address_without_a_file_is_refused(string address) =>
        Assert.Contains("is not the address of a file", Refusal(Source("ml-1m", address)), StringComparison.Ordinal);

    [Fact]
    public void Every_name_has_a_source_with_a_page()
    {
        Assert.All(KnownDatasets.Names, name => Assert.StartsWith("https://", KnownDatasets.Create(name).HomePage, StringComparison.Ordinal));
        Assert.Equal(KnownDatasets.Names, KnownDatasets.Names.Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("amzn2023-5core-toys-and-games", KnownDatasets.Names);
        Assert.StartsWith("amzn-CATEGORY, amzn2018-CATEGORY, amzn2023-5core-CATEGORY, amzn2023-CATEGORY, kuairand-1k, ml-100k,", KnownDatasets.Overview, StringComparison.Ordinal);
    }

    private PublishedSource Source(string name, string place) => KnownDatasets.Create(name, place) with { CacheFolder = folder.File("cache") };

    private string[] Lines(PublishedSource source)
    {
        using SequenceStore store = Open(source);
        return Prepared.Lines(store);
    }

    // The filter of a set would leave nothing of two rows.
    private SequenceStore Open(PublishedSource source)
    {
        DatasetPreparer.Prepare(
            new PreparationRequest { Source = source, Output = folder.File("s"), Verify = false, ThreadCount = 1, Filter = new InteractionFilter { MinimumCount = 0 } },
            null,
            TestContext.Current.CancellationToken);
        return SequenceStore.Open(folder.File("s"));
    }

    private string Refusal(PublishedSource source, bool verify = false) =>
        Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.File("s"), verify)).Message;

    private string[] CachedFiles() =>
        [.. Directory.EnumerateFiles(folder.File("cache"), "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private sealed class CancelWhenWaiting(CancellationTokenSource cancellation) : IProgress<PreparationProgress>
    {
        public List<string> Stages { get; } = [];

        public void Report(PreparationProgress value)
        {
            Stages.Add(value.Stage);
            if (value.Stage.StartsWith("waiting", StringComparison.Ordinal)) cancellation.Cancel();
        }
    }
}
