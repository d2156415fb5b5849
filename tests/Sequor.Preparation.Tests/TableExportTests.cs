using DuckDB.NET.Data;
using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class TableExportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(TableExportFormat.Parquet, "out.parquet")]
    [InlineData(TableExportFormat.Csv, "out.csv")]
    public void What_is_exported_and_prepared_again_is_the_same_sequences(TableExportFormat format, string name)
    {
        using var store = Prepared.Open(new SyntheticSource { UserCount = 300, ItemCount = 400, MeanLength = 30 }, folder.File("s"));
        Export(store, format, name);
        using var again = Prepared.Open(
            new DelimitedRatingsSource { Paths = [folder.File(name)], UserColumn = "user_id", ItemColumn = "item_id", RatingColumn = "rating", TimeColumn = "timestamp" },
            folder.File("t"));
        Assert.Equal(Prepared.Lines(store), Prepared.Lines(again));
        for (int user = 0; user < store.UserCount; user++)
        {
            Assert.Equal(store[user].Ratings, again[user].Ratings);
            Assert.Equal(store[user].Timestamps, again[user].Timestamps);
        }
    }

    [Fact]
    public void Columns_have_their_types_and_titles_stand_beside_their_items()
    {
        using var store = Small(rated: true, timed: true);
        Export(store, TableExportFormat.Parquet, "o.parquet", titles: true);
        Assert.Equal(
            ["user_id VARCHAR", "item_id VARCHAR", "rating FLOAT", "timestamp BIGINT", "title VARCHAR"],
            Query("SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM 'o.parquet')"));
        Assert.Equal(
            ["u \"1\",y,4.5,-7,NULL", "u \"1\",x,3.0,9000000000,A, \"b\"", "v,x,1.0,5,A, \"b\""],
            Query("SELECT concat_ws(',', user_id, item_id, rating, timestamp, coalesce(title, 'NULL')) FROM 'o.parquet'"));
        Assert.Equal(["ZSTD"], Query("SELECT DISTINCT compression FROM parquet_metadata('o.parquet')"));
    }

    [Fact]
    public void Values_with_commas_and_quotes_are_quoted_in_csv()
    {
        using var store = Small(rated: true, timed: false);
        Export(store, TableExportFormat.Csv, "o.csv", titles: true);
        Assert.Equal("user_id,item_id,rating,title\n\"u \"\"1\"\"\",y,4.5,\n\"u \"\"1\"\"\",x,3.0,\"A, \"\"b\"\"\"\nv,x,1.0,\"A, \"\"b\"\"\"\n", File.ReadAllText(folder.File("o.csv")));
    }

    [Fact]
    public void Columns_that_the_store_lacks_are_absent()
    {
        using var store = Small(rated: false, timed: false);
        Export(store, TableExportFormat.Csv, "o.csv");
        Assert.Equal("user_id,item_id\n\"u \"\"1\"\"\",y\n\"u \"\"1\"\"\",x\nv,x\n", File.ReadAllText(folder.File("o.csv")));
        Export(store, TableExportFormat.Parquet, "o.parquet", TableExportRows.Users);
        Assert.Equal(["user_id", "item_ids"], Query("SELECT column_name FROM (DESCRIBE FROM 'o.parquet')"));
    }

    [Fact]
    public void One_row_a_user_holds_lists()
    {
        using var store = Prepared.Open(new SyntheticSource { UserCount = 3_000, ItemCount = 60, MeanLength = 8 }, folder.File("s"));
        Export(store, TableExportFormat.Parquet, "o.parquet", TableExportRows.Users);
        Assert.Equal(
            ["user_id VARCHAR", "item_ids VARCHAR[]", "ratings FLOAT[]", "timestamps BIGINT[]"],
            Query("SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM 'o.parquet')"));
        string[] found = Query("SELECT user_id || ': ' || array_to_string(item_ids, ' ') FROM 'o.parquet'");
        Assert.Equal(Prepared.Lines(store), found);
        string[] times = Query("SELECT array_to_string(timestamps, ' ') || ' ' || list_sum(ratings)::VARCHAR FROM 'o.parquet'");
        for (int user = 0; user < store.UserCount; user++)
        {
            string sum = store[user].Ratings.ToArray().Sum(rating => (double)rating).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal($"{string.Join(' ', store[user].Timestamps.ToArray())} {sum}", times[user]);
        }
    }

    [Fact]
    public void What_does_not_go_together_is_refused_and_leaves_nothing()
    {
        using var store = Small(rated: true, timed: true);
        using var plain = Prepared.Open(new DelimitedRatingsSource { Paths = [folder.Write("r.csv", "u,i\na,b\n")], UserColumn = "u", ItemColumn = "i" }, folder.File("p"));
        string[] before = [.. folder.Names];
        Refused("CSV cannot hold", () => Export(store, TableExportFormat.Csv, "o", TableExportRows.Users));
        Refused("titles go with one row an interaction", () => Export(store, TableExportFormat.Parquet, "o", TableExportRows.Users, titles: true));
        Refused("has no titles", () => Export(plain, TableExportFormat.Parquet, "o", titles: true));
        Refused("cannot be written", () => Export(store, TableExportFormat.Csv, Path.Combine("r.csv", "o")));
        Assert.Equal(before, folder.Names);

        static void Refused(string expected, Action export) =>
            Assert.Contains(expected, Assert.Throws<InvalidInputException>(export).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_export_leaves_the_old_file_as_it_was()
    {
        using var store = Small(rated: true, timed: true);
        string output = folder.Write("o.csv", "old");
        string[] before = [.. folder.Names];
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        var request = new TableExportRequest { Store = store, Output = output, Format = TableExportFormat.Csv };
        Assert.Throws<OperationCanceledException>(() => TableExport.Write(request, cancellationToken: cancellation.Token));
        Assert.Equal("old", File.ReadAllText(output));
        Assert.Equal(before, folder.Names);
    }

    private void Export(SequenceStore store, TableExportFormat format, string name, TableExportRows rows = TableExportRows.Interactions, bool titles = false) => TableExport.Write(
        new TableExportRequest { Store = store, Output = folder.File(name), Format = format, Rows = rows, Titles = titles }, null, TestContext.Current.CancellationToken);

    private SequenceStore Small(bool rated, bool timed)
    {
        string path = folder.File("small");
        var metadata = new SequenceStoreMetadata { Name = "small", Source = "a test", OrderRule = "as written" };
        using (var writer = new SequenceStoreWriter(path, metadata, ItemVocabulary.Create(["x", "y"], ["A, \"b\"", null]), rated, timed))
        {
            writer.Add("u \"1\"", [2, 1], rated ? [4.5f, 3] : [], timed ? [-7, 9_000_000_000] : []);
            writer.Add("empty", [], [], []);
            writer.Add("v", [1], rated ? [1] : [], timed ? [5] : []);
            writer.Complete();
        }

        return SequenceStore.Open(path);
    }

    private string[] Query(string sql)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql.Replace("'o.parquet'", $"'{folder.File("o.parquet")}'", StringComparison.Ordinal);
        using DuckDBDataReader reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read()) values.Add(reader.GetString(0));
        return [.. values];
    }
}
