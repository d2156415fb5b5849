using Sequor.Data;
using Sequor.Preparation.Reading;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class FormatTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("1117406026", "1117406027", 1117406026, "times are seconds")]
    [InlineData("1117406026.25", "1117406026.75", 1117406026, "times are seconds")]
    [InlineData("1.117406026E9", "1117406027", 1117406026, "times are seconds")]
    [InlineData("1117406026250", "1117406026750", 1117406026, "times are milliseconds")]
    [InlineData("1117406026250123", "1117406026750123", 1117406026, "times are microseconds")]
    [InlineData("1117406026250123456", "1117406026750123456", 1117406026, "times are nanoseconds")]
    [InlineData("2005-05-29 22:33:46", "2005-05-29T22:33:47", 1117406026, "times are ISO 8601 dates")]
    [InlineData("2005-05-29T22:33:46.250Z", "2005-05-30T00:33:46.750+02:00", 1117406026, "times are ISO 8601 dates")]
    [InlineData("2005-05-29", "2005-05-30", 1117324800, "times are ISO 8601 dates")]
    public void The_unit_of_times_is_found_out_stated_and_orders_to_the_fraction(string earlier, string later, long seconds, string finding)
    {
        string path = folder.Write("r.csv", $"user,item,time\n1,b,{later}\n1,a,{earlier}\n");
        PreparationSummary summary = Prepared.Prepare(Source(path) with { TimeColumn = "time" }, folder.File("s"));
        using var store = SequenceStore.Open(folder.File("s"));
        Assert.Equal(["1: a b"], Prepared.Lines(store));
        Assert.Equal(seconds, store[0].Timestamps[0]);
        Assert.Equal([finding], summary.Report!.Findings);
    }

    [Fact]
    public void A_unit_that_is_named_prevails()
    {
        string path = folder.Write("r.csv", "user,item,time\n1,a,5000\n");
        DatasetPreparer.Prepare(
            new PreparationRequest { Source = Source(path) with { TimeColumn = "time" }, Output = folder.File("s"), TimeUnit = TimeUnit.Milliseconds }, null, TestContext.Current.CancellationToken);
        using var store = SequenceStore.Open(folder.File("s"));
        Assert.Equal(5, store[0].Timestamps[0]);
    }

    [Fact]
    public void Json_lines_are_read_with_numbers_or_text_as_ids()
    {
        string path = folder.Write("r.jsonl", """
            {"user":"b","item":7,"rating":4.5,"time":"2018-07-07 22:09:11","text":"a, \"b\"\n","votes":{"useful":1}}
            {"user":"a","item":"x","rating":3,"time":"2018-07-07 22:09:10"}
            {"user":"b","item":"x","rating":3,"time":"2017-07-07 22:09:10"}

            """);
        using var store = Prepared.Open(Source(path) with { RatingColumn = "rating", TimeColumn = "time" }, folder.File("s"));
        Assert.Equal(["a: x", "b: x 7"], Prepared.Lines(store));
        Assert.Equal([3f, 4.5f], store[1].Ratings);
    }

    [Fact]
    public void Many_files_are_one_table_in_the_order_given()
    {
        ValueList<string> paths = [folder.Write("2.csv", "user,item\n1,c\n"), folder.Write("1.csv", "user,item\n1,a\n1,b\n")];
        using var store = Prepared.Open(Source(paths[0]) with { Paths = paths }, folder.File("s"));
        Assert.Equal(["1: c a b"], Prepared.Lines(store));
    }

    [Fact]
    public void A_bad_row_of_a_later_file_is_named_by_that_file()
    {
        ValueList<string> paths = [folder.Write("1.csv", "user,item,rating\n1,a,3\n1,b,3\n"), folder.Write("2.csv", "user,item,rating\n1,c,3\n\n1,d,none\n")];
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(paths[0]) with { Paths = paths, RatingColumn = "rating" }, folder.File("s")));
        Assert.EndsWith($"({paths[1]}:4)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("item,user\nx,2\n", "the columns 'item', 'user' are not those of ")]
    [InlineData("1,x\n2,y\n", "the columns '1', 'x' are not those of ")]
    public void Files_whose_columns_stand_otherwise_are_not_read_by_place(string second, string message)
    {
        ValueList<string> paths = [folder.Write("1.csv", "user,item\n1,a\n"), folder.Write("2.csv", second)];
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(paths[0]) with { Paths = paths }, folder.File("s")));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({paths[1]}:1)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quoted_header_may_hold_the_delimiter()
    {
        using var store = Prepared.Open(Source(folder.Write("r.csv", "user,\"the, item\"\n1,a\n")) with { ItemColumn = "the, item" }, folder.File("s"));
        Assert.Equal(["1: a"], Prepared.Lines(store));
    }

    [Fact]
    public void An_output_that_is_an_input_or_no_store_is_left_alone()
    {
        string ratings = folder.Write("r.csv", "user,item\n1,a\n"), notes = folder.Write("notes.txt", "mine");
        Assert.Contains("is read and would be written over", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(ratings), ratings)).Message, StringComparison.Ordinal);
        Assert.Contains("exists and is no sequence store", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(ratings), notes)).Message, StringComparison.Ordinal);
        Assert.Equal(("user,item\n1,a\n", "mine"), (File.ReadAllText(ratings), File.ReadAllText(notes)));
    }

    [Fact]
    public void Times_against_an_order_of_their_own_are_refused_by_their_columns()
    {
        var source = Source(folder.Write("r.csv", "user,item,pos,time\n1,a,1,20\n1,b,2,10\n")) with { OrderColumn = "pos", TimeColumn = "time" };
        Assert.Contains("column 'pos' orders the events of user '1' against column 'time'", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.File("s"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Items_that_the_items_file_lacks_are_left_out_when_asked_for()
    {
        var source = Source(folder.Write("r.csv", "user,item\n1,a\n1,zz\n2,zz\n")) with { ItemsPath = folder.Write("i.csv", "id\na\nb\n"), ItemIdColumn = "id" };
        Assert.Contains("item 'zz' is rated but not among", Assert.Throws<InvalidInputException>(() => Prepared.Prepare(source, folder.File("s"))).Message, StringComparison.Ordinal);
        var request = new PreparationRequest { Source = source, Output = folder.File("s"), SkipBadRows = true };
        PreparationSummary summary = DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken);
        DroppedRows dropped = Assert.Single(summary.Report!.Dropped);
        Assert.Equal(("item not in the items file", 2L, "item zz"), (dropped.Reason, dropped.Count, Assert.Single(dropped.Examples)));
        Assert.Equal((1, 2, 1L), (summary.UserCount, summary.ItemCount, summary.InteractionCount));
    }

    [Fact]
    public void Without_a_header_columns_are_numbers()
    {
        using var store = Prepared.Open(Source(folder.Write("r.csv", "1,c,x\n1,a,y\n")) with { UserColumn = "1", ItemColumn = "3", HasHeader = false }, folder.File("s"));
        Assert.Equal(["1: x y"], Prepared.Lines(store));
    }

    [Theory]
    [InlineData(";")]
    [InlineData("\t")]
    [InlineData("|")]
    [InlineData("::")]
    public void A_delimiter_that_the_header_speaks_for_is_taken_and_stated(string delimiter)
    {
        string path = folder.Write("r.csv", "user,item\n1,a\n".Replace(",", delimiter, StringComparison.Ordinal));
        PreparationSummary summary = Prepared.Prepare(Source(path), folder.File("s"));
        Assert.StartsWith("fields are separated by ", Assert.Single(summary.Report!.Findings), StringComparison.Ordinal);
        Assert.Equal(1, summary.InteractionCount);
    }

    [Fact]
    public void Bad_rows_and_broken_lines_are_left_out_when_asked_for()
    {
        string path = folder.Write("r.csv", "user,item,rating\n1,a,3\n1,b\n1,c,none\n1,d,4\n1,e,4,5,6,7\n2\n");
        var request = new PreparationRequest { Source = Source(path) with { RatingColumn = "rating" }, Output = folder.File("s"), SkipBadRows = true };
        PreparationSummary summary = DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken);
        Assert.Equal((6L, 2L), (summary.RowCount, summary.InteractionCount));
        Assert.Equal(["rating must be a number such as 4 or 3.5", "not a row of the table"], summary.Report!.Dropped.Select(dropped => dropped.Reason));
        Assert.Equal([$"1,b ({path}:3)", $"1,e,4,5,6,7 ({path}:6)", $"2 ({path}:7)"], summary.Report.Dropped[1].Examples);
    }

    [Fact]
    public void Ids_are_any_text_and_as_long_as_they_come()
    {
        string[] ids = ["é", "日本語", "a b", " x ", "\"q\"", new('y', 5_000), "7", "07"];
        string path = folder.File("r.tsv");
        File.WriteAllText(path, "user\titem\n" + string.Concat(ids.Select(id => $"u\t{id}\n")));
        using var store = Prepared.Open(Source(path), folder.File("s"));
        Assert.Equal(ids.Order(StringComparer.Ordinal), Enumerable.Range(1, store.Items.Count).Select(store.Items.Id));
        Assert.Equal(ids, store[0].Items.ToArray().Select(store.Items.Id));
    }

    [Fact]
    public void A_dictionary_numbers_strings_as_they_come_through_its_growth()
    {
        using var ids = new Utf8Dictionary();
        var expected = new Dictionary<string, int>();
        var random = new Random(5);
        for (int batch = 0; batch < 200; batch++)
        {
            string[] texts = [.. Enumerable.Range(0, 1_000).Select(_ => new string((char)('a' + random.Next(26)), 1 + random.Next(9)) + random.Next(100_000))];
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(string.Concat(texts));
            int[] codes = new int[texts.Length];
            unsafe
            {
                fixed (byte* start = bytes)
                {
                    var keys = new Utf8Key[texts.Length];
                    int at = 0;
                    for (int i = 0; i < texts.Length; i++)
                    {
                        keys[i] = new Utf8Key(start + at, texts[i].Length);
                        at += texts[i].Length;
                    }

                    ids.Code(keys, codes);
                }
            }

            for (int i = 0; i < texts.Length; i++)
            {
                expected.TryAdd(texts[i], expected.Count);
                Assert.Equal(expected[texts[i]], codes[i]);
            }
        }

        Assert.Equal(expected.Count, ids.Count);
        Assert.Equal(200_000, ids.Counts().Sum());
        Assert.Equal("", ids.Text(expected.Count));
        Assert.Equal(expected.First(pair => pair.Value == 12_345).Key, ids.Text(12_345));
    }

    private static DelimitedRatingsSource Source(string path) => new() { Paths = [path], UserColumn = "user", ItemColumn = "item" };
}
