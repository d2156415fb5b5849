using DuckDB.NET.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class DelimitedRatingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Columns_are_found_by_name_wherever_they_stand()
    {
        var source = Source("when,who,\"what\",stars\n20,b,\"x,y\",4.5\n10,b,z,3\n10,a,z,1\n") with
        {
            UserColumn = "who", ItemColumn = "what", RatingColumn = "stars", TimeColumn = "when",
        };
        using var store = Prepared.Open(source, folder.File("s"));
        Assert.Equal(["a: z", "b: z x,y"], Prepared.Lines(store));
        Assert.Equal([3f, 4.5f], store[1].Ratings);
        Assert.Equal([10L, 20L], store[1].Timestamps);
    }

    [Fact]
    public void Without_ratings_and_times_the_file_order_counts()
    {
        using var store = Prepared.Open(Source("user,item\n2,9\n10,8\n2,10\n2,8\n"), folder.File("s"));
        Assert.False(store.HasRatings || store.HasTimestamps);
        Assert.Equal(["2: 9 10 8", "10: 8"], Prepared.Lines(store));
        Assert.Equal("events of a user in file order", store.Metadata.OrderRule);
    }

    [Fact]
    public void An_order_column_orders_without_becoming_a_time()
    {
        using var store = Prepared.Open(Source("user,item,position\n1,c,2\n1,a,0\n1,b,1\n1,d,10\n") with { OrderColumn = "position" }, folder.File("s"));
        Assert.False(store.HasTimestamps);
        Assert.Equal(["1: a b c d"], Prepared.Lines(store));
    }

    [Fact]
    public void Ids_that_are_not_all_integers_are_in_byte_order()
    {
        using var store = Prepared.Open(Source("user,item\n10,b\n9,B\nx,é\n10,a\n"), folder.File("s"));
        Assert.Equal(["10: b a", "9: B", "x: é"], Prepared.Lines(store));
        Assert.Equal(["B", "a", "b", "é"], Enumerable.Range(1, 4).Select(store.Items.Id));
    }

    [Fact]
    public void Tabs_and_other_delimiters_are_read()
    {
        folder.Write("r.tsv", "user\titem\n1\t\"a\n");
        using var tabs = Prepared.Open(new DelimitedRatingsSource { Paths = [folder.File("r.tsv")], UserColumn = "user", ItemColumn = "item" }, folder.File("t"));
        Assert.Equal(["1: \"a"], Prepared.Lines(tabs));
        using var bars = Prepared.Open(Source("user|item\n1|a,b\n") with { Delimiter = "|" }, folder.File("b"));
        Assert.Equal(["1: a,b"], Prepared.Lines(bars));
    }

    [Fact]
    public void An_items_file_gives_the_catalogue_and_titles()
    {
        folder.Write("items.csv", "id,name\n3,Three\n1,One\n20,\n");
        var source = Source("user,item\n1,3\n") with { ItemsPath = folder.File("items.csv"), ItemIdColumn = "id", TitleColumn = "name" };
        using var store = Prepared.Open(source, folder.File("s"));
        Assert.Equal(["1", "3", "20"], Enumerable.Range(1, 3).Select(store.Items.Id));
        Assert.Equal(["One", "Three", null], Enumerable.Range(1, 3).Select(store.Items.Title));
    }

    [Fact]
    public void Named_columns_of_an_items_file_become_attributes()
    {
        folder.Write("items.csv", "id,tags,brand\n3,red| blue |red|,Acme\n1,,\n20,green,Acme\n");
        var source = Source("user,item\n1,3\n") with { ItemsPath = folder.File("items.csv"), ItemIdColumn = "id", ItemAttributeColumns = ["brand", "tags"] };
        using var store = Prepared.Open(source, folder.File("s"));
        Assert.Equal(["brand: |Acme|Acme", "tags: |red,blue|green"], Prepared.Attributes(store));

        Assert.Contains("column 'colour' is not among", Refused(source with { ItemAttributeColumns = ["colour"] }), StringComparison.Ordinal);
        Assert.Contains("column 'tags' of", Refused(source with { ItemIdColumn = null, ItemAttributeColumns = ["tags"] }), StringComparison.Ordinal);

        string Refused(DatasetSource wrong) => Assert.Throws<InvalidInputException>(() => Prepared.Prepare(wrong, folder.File("t"))).Message;
    }

    [Fact]
    public void An_items_file_without_header_begins_with_id_and_title()
    {
        folder.Write("movies.dat", "1::Amélie (2001)::Comedy\n3::Heat (1995)::Action\n");
        var source = Source("user,item\n1,3\n") with { ItemsPath = folder.File("movies.dat") };
        using var store = Prepared.Open(source, folder.File("s"));
        Assert.Equal(["Amélie (2001)", "Heat (1995)"], Enumerable.Range(1, 2).Select(store.Items.Title));
        Assert.Contains("is named without the id column", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source with { TitleColumn = "t" }, folder.File("t"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parquet_is_read_in_file_order()
    {
        using (var connection = new DuckDBConnection("Data Source=:memory:"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"COPY (SELECT 1 AS user, i AS item, 2.5::DOUBLE AS rating, (i / 1000)::INT AS time FROM range(5000, 0, -1) t(i)) TO '{folder.File("r.parquet")}'";
            command.ExecuteNonQuery();
        }

        var source = new DelimitedRatingsSource
        {
            Paths = [folder.File("r.parquet")], UserColumn = "user", ItemColumn = "item", RatingColumn = "rating", TimeColumn = "time",
        };
        using var store = Prepared.Open(source, folder.File("s"));
        int[] expected = [.. Enumerable.Range(0, 5000).Select(i => 5000 - i).OrderBy(i => Math.Round(i / 1000.0, MidpointRounding.ToEven))];
        Assert.Equal(expected, store[0].Items.ToArray());
        Assert.Equal(2.5f, store[0].Ratings[0]);
    }

    [Theory]
    [InlineData("user,item,rating,time\n1,2,3,4\n1,2,good,4\n", "column 'rating' = 'good' must be a number", 3)]
    [InlineData("user,item,rating,time\n1,2,3,4\n\n\n1,2,,4\n", "column 'rating' = '' must be a number", 5)]
    [InlineData("user,item,rating,time\n1,2,inf,4\n", "column 'rating' = 'inf' must be a number", 2)]
    [InlineData("user,item,rating,time\n1,2,3,4\n1,2,3,2001-01-01\n", "column 'time' = '2001-01-01' must be a number of seconds since 1970", 3)]
    [InlineData("user,item,rating,time\n1,2,3,2001-01-01\n1,2,3,2001-02-03\n1,2,3,5\n", "column 'time' = '5' must be a date", 4)]
    [InlineData("user,item,rating,time\n1,2,3,-4\n", "column 'time' = '-4' must be a number of seconds since 1970", 2)]
    [InlineData("user,item,rating,time\n1,2,3,4\n1,2,3,5\n1,2,3,253402300799\n", "column 'time' = '253402300799' must be a number of seconds since 1970 that lies before the year 2200", 4)]
    [InlineData("user,item,rating,time\n1,2,3,soon\n", "column 'time' = 'soon' must be seconds, milliseconds, micro- or nanoseconds since 1970, or a date", 2)]
    [InlineData("user,item,rating,time\n1,2,1e400,4\n", "column 'rating' = '1e400' must be a number", 2)]
    [InlineData("user,item,rating,time\n1,\"a\nb\",3,4\n,2,3,4\n", "column 'user' = '' must not be empty", 4)]
    [InlineData("user,item,rating,time\n1,,3,4\n", "column 'item' = '' must not be empty", 2)]
    [InlineData("user,item,rating,time\n1,2,3,4\n1,2,3\n", "the row has 3 columns where 4 are expected", 3)]
    [InlineData("user,item,rating,time\n1,2,3,4,5\n", "the row has 5 columns where 4 are expected", 2)]
    [InlineData("user,item,stars,time\n1,2,3,4\n", "column 'rating' is not among the columns 'user', 'item', 'stars', 'time'", 1)]
    public void A_bad_row_is_named_by_file_and_line_and_nothing_is_left(string text, string message, int line)
    {
        var source = Source(text) with { RatingColumn = "rating", TimeColumn = "time" };
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.File("s")));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({source.Paths[0]}:{line})", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
        Assert.Equal(["r.csv"], folder.Names);
    }

    [Fact]
    public void A_file_without_rows_is_refused()
    {
        Assert.Contains("has no ratings", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source("user,item\n"), folder.File("s"))).Message, StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(""), folder.File("s"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_another_encoding_is_refused_by_line()
    {
        var source = Source("");
        File.WriteAllBytes(source.Paths[0], [.. "user,item\n1,2\n1,"u8, 0xE9, .. "\n"u8]);
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.File("s")));
        Assert.Contains("not UTF-8", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({source.Paths[0]}:3)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_refused_before_reading()
    {
        var source = Source("user,item\n1,2\n");
        Assert.Contains("is a folder", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.File("a/b"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_preparation_leaves_nothing()
    {
        var request = new PreparationRequest { Source = Source("user,item\n1,2\n"), Output = folder.File("s") };
        Assert.ThrowsAny<OperationCanceledException>(() => DatasetPreparer.Prepare(request, null, new CancellationToken(canceled: true)));
        Assert.Equal(["r.csv"], folder.Names);
    }

    [Fact]
    public void Amazon_beauty_has_its_counts()
    {
        string data = Prepared.RequireData();
        var source = new DelimitedRatingsSource
        {
            Paths = [Path.Combine(data, "amzn-beauty", "ratings.csv")], UserColumn = "user_id", ItemColumn = "item_id", TimeColumn = "timestamp",
        };
        PreparationSummary summary = Prepared.Prepare(source, folder.File("s"));
        Assert.Equal((198_502L, 22_363, 12_101, false), (summary.RowCount, summary.UserCount, summary.ItemCount, summary.HasRatings));
    }

    private DelimitedRatingsSource Source(string text)
    {
        File.WriteAllText(folder.File("r.csv"), text);
        return new DelimitedRatingsSource { Paths = [folder.File("r.csv")], UserColumn = "user", ItemColumn = "item" };
    }
}
