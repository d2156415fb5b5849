using System.Text;
using Sequor.Data;
using Sequor.Preparation.Sets;
using Sequor.Preparation.Tests.Downloads;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>Every family of named sets, in its own layout.</summary>
public sealed class NamedSetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ml-20m")]
    [InlineData("ml-25m")]
    [InlineData("ml-32m")]
    [InlineData("ml-latest-small")]
    public void Films_of_movies_csv_have_quoted_titles_genres_year_and_decade(string name)
    {
        Write("ratings.csv", "userId,movieId,rating,timestamp\n7,10,4.5,100\n7,2,0.5,99\n");
        Write("movies.csv", "movieId,title,genres\n10,\"American President, The (1995)\",Comedy|Drama\n2,\"\"\"Great Performances\"\" Amélie (2001)\",(no genres listed)\n3,Babylon 5,Sci-Fi\n");
        using SequenceStore store = Open(name);
        Assert.Equal(["7: 2 10"], Prepared.Lines(store));
        Assert.Equal(["\"Great Performances\" Amélie (2001)", "Babylon 5", "American President, The (1995)"], Titles(store));
        Assert.Equal(["genres: |Sci-Fi|Comedy,Drama", "year: 2001||1995", "decade: 2000s||1990s"], Prepared.Attributes(store));
        Assert.Equal([0.5f, 4.5f], store[0].Ratings.ToArray());
        Assert.Equal(name, store.Name);
    }

    [Fact]
    public void Films_of_movielens_10m_have_titles_in_utf8()
    {
        Write("ratings.dat", "1::2::4.5::100\n");
        Write("movies.dat", "2::Amélie (2001)::(no genres listed)\n3::Heat (1995)::Crime\n");
        using SequenceStore store = Open("ml-10m");
        Assert.Equal(["Amélie (2001)", "Heat (1995)"], Titles(store));
        Assert.Equal("genres: |Crime", Prepared.Attributes(store)[0]);
    }

    [Fact]
    public void Amazon_2014_has_users_first_and_no_header()
    {
        Write("ratings_Video_Games.csv", "u1,B2,5.0,200\nu2,B1,1.0,100\nu1,B1,3.0,100\n");
        using SequenceStore store = Open("amzn-video-games");
        Assert.Equal(["u1: B1 B2", "u2: B1"], Prepared.Lines(store));
        Assert.Equal([3f, 5f], store[0].Ratings.ToArray());
    }

    [Fact]
    public void Amazon_2018_has_items_first_and_no_header()
    {
        Write("AMAZON_FASHION.csv", "B2,u1,5.0,1400000200\nB1,u2,1.0,1400000100\nB1,u1,3.0,1400000100\n");
        using SequenceStore store = Open("amzn2018-amazon-fashion");
        Assert.Equal(["u1: B1 B2", "u2: B1"], Prepared.Lines(store));
    }

    [Theory]
    [InlineData("amzn2023-toys-and-games")]
    [InlineData("amzn2023-5core-toys-and-games")]
    public void Amazon_2023_has_a_header_and_is_read_as_it_is_compressed(string name)
    {
        File.WriteAllBytes(
            folder.File("Toys_and_Games.csv.gz"),
            Archives.Gzip("user_id,parent_asin,rating,timestamp\nu1,B2,5.0,1588687728923\nu1,B1,3.0,1588687728000\n"));
        using SequenceStore store = Open(name);
        Assert.Equal(["u1: B1 B2"], Prepared.Lines(store));
    }

    [Fact]
    public void An_unpacked_table_stands_in_for_the_compressed_one()
    {
        Write("Toys_and_Games.csv", "user_id,parent_asin,rating,timestamp\nu1,B1,3.0,1588687728000\n");
        using SequenceStore store = Open("amzn2023-toys-and-games");
        Assert.Equal(["u1: B1"], Prepared.Lines(store));
    }

    [Fact]
    public void Kuairand_counts_the_clicks_of_both_standard_logs()
    {
        const string Header = "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,"
            + "duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab\n";
        Directory.CreateDirectory(folder.File("KuaiRand-1K/data"));
        Write("KuaiRand-1K/data/log_standard_4_08_to_4_21_1k.csv", Header + Row(0, 30, 1649400000000, 1) + Row(0, 20, 1649400001000, 0) + Row(1, 20, 1649400002000, 1));
        Write("KuaiRand-1K/data/log_standard_4_22_to_5_08_1k.csv", Header + Row(0, 10, 1650600000000, 1));
        using SequenceStore store = Open("kuairand-1k");
        Assert.Equal(["0: 30 10", "1: 20"], Prepared.Lines(store));
        Assert.False(store.HasRatings);

        static string Row(int user, int video, long time, int click) => $"{user},{video},20220408,1600,{time},{click},0,0,0,0,0,1,9,9,0,0,0,0,1\n";
    }

    [Fact]
    public void Businesses_of_yelp_have_names_categories_and_a_city()
    {
        string path = Write("yelp_academic_dataset_business.json", """
            {"business_id":"b2","name":"St Honoré \"Pastries\"","city":"Philadelphia","categories":"Restaurants, Food, Food"}
            {"business_id":"b1","name":"Dunkin'","city":"","categories":null}

            """);
        ItemVocabulary items = YelpBusinesses.Read(path);
        Assert.Equal(["b1", "b2"], [items.Id(1), items.Id(2)]);
        Assert.Equal(["Dunkin'", "St Honoré \"Pastries\""], [items.Title(1), items.Title(2)]);
        Assert.Equal(["Restaurants", "Food"], items.Attributes[0].ValuesAt(1).Order().Reverse());
        Assert.Equal([("categories", 2), ("city", 1)], items.Attributes.Select(attribute => (attribute.Name, attribute.ValueCount)));

        string broken = Write("broken.json", "{\"business_id\":\"b1\"}\n{\"business_id\":\n");
        Assert.EndsWith($"({broken}:2)", Assert.Throws<InvalidInputException>(() => YelpBusinesses.Read(broken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reviews_of_yelp_are_events_in_the_order_of_their_dates()
    {
        Write("yelp_academic_dataset_business.json", """
            {"business_id":"b2","name":"St Honore","city":"Philadelphia","categories":"Restaurants, Food"}
            {"business_id":"b1","name":"Dunkin'","city":"","categories":null}

            """);
        Write("yelp_academic_dataset_review.json", """
            {"review_id":"r1","user_id":"u1","business_id":"b1","stars":3.0,"useful":0,"text":"ok","date":"2018-07-07 22:09:11"}
            {"review_id":"r2","user_id":"u1","business_id":"b2","stars":5.0,"useful":0,"text":"good","date":"2012-01-03 15:28:18"}

            """);
        using SequenceStore store = Prepared.Open(KnownDatasets.Create("yelp", folder.Path), folder.File("s"), verify: false);
        Assert.Equal(["u1: b2 b1"], Prepared.Lines(store));
        Assert.Equal([5f, 3f], store[0].Ratings);
        Assert.Equal([1325604498L, 1531001351L], store[0].Timestamps);
        Assert.Equal(["Dunkin'", "St Honore"], Titles(store));
    }

    private static string[] Titles(SequenceStore store) => [.. Enumerable.Range(1, store.Items.Count).Select(item => store.Items.Title(item) ?? "")];

    private string Write(string name, string text)
    {
        File.WriteAllText(folder.File(name), text, new UTF8Encoding(false));
        return folder.File(name);
    }

    // The filter of a set would leave nothing of so few rows.
    private SequenceStore Open(string name)
    {
        DatasetPreparer.Prepare(
            new PreparationRequest
            {
                Source = KnownDatasets.Create(name, folder.Path), Output = folder.File("s"), Verify = false, ThreadCount = 1, Filter = new InteractionFilter { MinimumCount = 0 },
            },
            null,
            TestContext.Current.CancellationToken);
        return SequenceStore.Open(folder.File("s"));
    }
}
