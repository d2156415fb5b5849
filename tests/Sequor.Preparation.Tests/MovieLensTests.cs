using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class MovieLensTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Prepared_sequences_equal_those_of_the_reference()
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "Golden", "ml-1m");
        using var store = Prepared.Open(KnownDatasets.Create("ml-1m", golden), folder.File("s"), verify: false);
        using var reference = Prepared.Open(
            new SequenceCsvSource(Path.Combine(golden, "sasrec_format.csv"), Path.Combine(golden, "movies.dat")), folder.File("r"));

        Assert.Equal(reference.UserCount, store.UserCount);
        Assert.Equal(reference.Items.Count, store.Items.Count);
        for (int user = 0; user < store.UserCount; user++)
        {
            Assert.True(reference.TryFindUser(store.UserId(user), out int other));
            Assert.Equal(reference[other].Items, store[user].Items);
            Assert.Equal(reference[other].Ratings, store[user].Ratings);
            Assert.Equal(reference[other].Timestamps, store[user].Timestamps);
        }
    }

    [Fact]
    public void The_catalogue_is_every_listed_film_in_numeric_order_with_latin_titles()
    {
        folder.Write("movies.dat", "10::Amélie (2001)::Comedy\n9::Heat (1995)::Action\n2::Big: The Film (1988)::X\n");
        folder.Write("ratings.dat", "10::9::5::100\n9::10::4::50\n9::9::3::50\n10::10::1::99\n");
        using var store = Prepared.Open(KnownDatasets.Create("ml-1m", folder.Path), folder.File("s"), verify: false);
        Assert.Equal(["2", "9", "10"], Enumerable.Range(1, 3).Select(store.Items.Id));
        Assert.Equal("Amélie (2001)", store.Items.Title(3));
        Assert.Equal("Big: The Film (1988)", store.Items.Title(1));
        Assert.Equal(["9: 10 9", "10: 10 9"], Prepared.Lines(store));
        Assert.Equal("events of a user by (time, file order)", store.Metadata.OrderRule);
    }

    [Fact]
    public void Films_of_movies_dat_carry_genres_year_and_decade_rated_or_not()
    {
        folder.Write("movies.dat", "10::Amélie (2001)::Comedy|Romance\n9::Heat::Action\n2::Big: The Film (1988) ::\n");
        folder.Write("ratings.dat", "1::9::5::100\n");
        using var store = Prepared.Open(KnownDatasets.Create("ml-1m", folder.Path), folder.File("s"), verify: false);
        Assert.Equal(["genres: |Action|Comedy,Romance", "year: 1988||2001", "decade: 1980s||2000s"], Prepared.Attributes(store));
    }

    [Fact]
    public void Films_of_u_item_carry_the_genres_that_u_genre_names()
    {
        folder.Write("u.genre", "unknown|0\nAction|1\nDrama|2\n\n");
        folder.Write("u.item", "2|Heat (1995)|01-Jan-1995||http://x|0|1|1\n1|unknown||||1|0|0\n");
        folder.Write("u.data", "1\t2\t5\t100\n");
        using var store = Prepared.Open(KnownDatasets.Create("ml-100k", folder.Path), folder.File("s"), verify: false);
        Assert.Equal(["genres: unknown|Action,Drama", "year: |1995", "decade: |1990s"], Prepared.Attributes(store));
    }

    [Fact]
    public void Films_without_genres_and_years_have_no_attributes()
    {
        folder.Write("u.item", "1|A\n");
        folder.Write("u.data", "1\t1\t5\t100\n");
        using var store = Prepared.Open(KnownDatasets.Create("ml-100k", folder.Path), folder.File("s"), verify: false);
        Assert.Empty(store.Items.Attributes);
    }

    [Fact]
    public void Ties_in_time_keep_the_order_of_the_file()
    {
        string[] items = [.. Enumerable.Range(1, 500).Select(i => $"{1 + i * 7 % 501}")];
        folder.Write("movies.dat", string.Concat(Enumerable.Range(1, 501).Select(i => $"{i}::T (2000)::G\n")));
        folder.Write("ratings.dat", string.Concat(items.Select((item, i) => $"1::{item}::5::{i / 100}\n")));
        using var store = Prepared.Open(KnownDatasets.Create("ml-1m", folder.Path), folder.File("s"), verify: false);
        Assert.Equal($"1: {string.Join(' ', items)}", Prepared.Lines(store)[0]);
    }

    [Fact]
    public void A_named_set_with_other_counts_stops_with_both_numbers()
    {
        folder.Write("movies.dat", "1::A (2001)::X\n");
        folder.Write("ratings.dat", "1::1::5::100\n");
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(KnownDatasets.Create("ml-1m", folder.Path), folder.File("s")));
        Assert.Contains("1,000,209 ratings as published, but the source has 1;", error.Message, StringComparison.Ordinal);
        Assert.Equal(["movies.dat", "ratings.dat"], folder.Names);
    }

    [Fact]
    public void A_rated_film_that_is_not_listed_is_named()
    {
        folder.Write("movies.dat", "1::A (2001)::X\n");
        folder.Write("ratings.dat", "1::1::5::100\n1::7::5::100\n");
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(KnownDatasets.Create("ml-1m", folder.Path), folder.File("s"), verify: false));
        Assert.Contains("item '7' is rated but not among the 1 items", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({folder.File("ratings.dat")}:2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_with_too_few_columns_is_named_by_line()
    {
        folder.Write("movies.dat", "1::A (2001)::X\n");
        folder.Write("ratings.dat", "1::1::5::100\n1::1::5\n");
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(KnownDatasets.Create("ml-1m", folder.Path), folder.File("s"), verify: false));
        Assert.Contains("the row has 3 columns where 4 are expected", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({folder.File("ratings.dat")}:2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(KnownDatasets.Create("ml-1m", folder.Path), folder.File("s")));
        Assert.Contains("ratings.dat does not exist", error.Message, StringComparison.Ordinal);
        Assert.Contains("ml-100k, ml-10m, ml-1m", Assert.Throws<InvalidInputException>(() => KnownDatasets.Create("ml-2m", "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Movielens_100k_has_its_published_counts()
    {
        string data = Prepared.RequireData();
        PreparationSummary summary = Prepared.Prepare(KnownDatasets.Create("ml-100k", Path.Combine(data, "ml-100k")), folder.File("s"));
        Assert.Equal((100_000L, 943, 1_682), (summary.RowCount, summary.UserCount, summary.ItemCount));
        Assert.Equal((874_724_710L, 893_286_638L), (summary.FirstTimestamp, summary.LastTimestamp));
        using var store = SequenceStore.Open(folder.File("s"));
        Assert.Equal("Toy Story (1995)", store.Items.Title(1));
        Assert.Equal([("genres", 19), ("year", 71), ("decade", 8)], store.Items.Attributes.Select(attribute => (attribute.Name, attribute.ValueCount)));
        Assert.Equal(["Animation", "Children's", "Comedy"], store.Items.Attributes[0].ValuesAt(0));
    }

    [Fact]
    public void Half_of_movielens_1m_has_its_counts_and_all_listed_films()
    {
        string data = Prepared.RequireData();
        PreparationSummary summary = Prepared.Prepare(KnownDatasets.Create("ml-1m", Path.Combine(data, "ml-1m-half")), folder.File("s"), verify: false);
        Assert.Equal((487_650L, 2_999, 3_883), (summary.InteractionCount, summary.UserCount, summary.ItemCount));
        Assert.Equal((970_620_734L, 1_046_388_675L), (summary.FirstTimestamp, summary.LastTimestamp));
    }
}
