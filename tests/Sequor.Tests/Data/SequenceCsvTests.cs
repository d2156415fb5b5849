using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

public sealed class SequenceCsvTests : IDisposable
{
    private const string Header = "index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_written_file_reads_back_as_the_same_store()
    {
        string text = Header + "\n0,7,\"5,1,5\",\"4.0,3.5,0.1\",\"10,10,12\"\n1,3,\"12\",\"1.0\",\"9\"\n";
        using var first = Import(text);
        SequenceCsv.Write(first, folder.File("out.csv"), TestContext.Current.CancellationToken);
        Assert.Equal(text, File.ReadAllText(folder.File("out.csv")));
        Assert.Equal(["1", "5", "12"], [first.Items.Id(1), first.Items.Id(2), first.Items.Id(3)]);
    }

    [Fact]
    public void Extra_columns_plain_ratings_and_windows_line_ends_are_tolerated()
    {
        using var store = Import(Header + ",sex,zip_code\r\n0,7,\"5,1\",\"4,3\",\"10,11\",1,2\r\n\r\n1,8,1,2,3,0,0\r\n");
        Assert.Equal([4f, 3f], store[0].Ratings);
        Assert.Equal([10L, 11L], store[0].Timestamps);
        Assert.Equal(1, store[1].Length);
    }

    [Fact]
    public void Columns_beyond_the_format_become_attributes_of_the_users_and_are_written_as_codes()
    {
        string text = Header + ",sex,tags\n0,7,\"5\",\"1.0\",\"9\",1,\"0,2\"\n1,3,\"12\",\"1.0\",\"9\",-1,10\n2,4,\"12\",\"1.0\",\"9\",0,\n";
        using var store = Import(text);
        Assert.Equal(["sex", "tags"], store.UserAttributes.Select(attribute => attribute.Name));
        Assert.Equal(["1", "", "0"], Enumerable.Range(0, 3).Select(user => string.Join(' ', store.UserAttributes[0].ValuesAt(user))));
        Assert.Equal(["0 2", "10", ""], Enumerable.Range(0, 3).Select(user => string.Join(' ', store.UserAttributes[1].ValuesAt(user))));
        SequenceCsv.Write(store, folder.File("out.csv"), TestContext.Current.CancellationToken);
        // 10 comes after 2 because all are numbers; both are codes of their own now.
        Assert.Equal(text.Replace(",-1,10", ",-1,2", StringComparison.Ordinal).Replace("0,2", "0,1", StringComparison.Ordinal).Replace(",0,\n", ",0,-1\n", StringComparison.Ordinal), File.ReadAllText(folder.File("out.csv")));
    }

    [Fact]
    public void A_row_that_ends_before_the_attributes_and_a_column_without_values_say_nothing()
    {
        using var store = Import("user_id,sequence_item_ids,sex,zip\n7,5,1\n8,5\n9,5,2,-1\n");
        CategoricalAttribute sex = Assert.Single(store.UserAttributes);
        Assert.Equal([["1"], [], ["2"]], Enumerable.Range(0, 3).Select(sex.ValuesAt));
    }

    [Fact]
    public void Absent_ratings_and_timestamps_stay_absent()
    {
        using var store = Import(Header + "\n0,7,\"5,1\",,\n");
        Assert.False(store.HasRatings || store.HasTimestamps);
        SequenceCsv.Write(store, folder.File("out.csv"), TestContext.Current.CancellationToken);
        using var again = Import(File.ReadAllText(folder.File("out.csv")));
        Assert.Equal(store[0].Items, again[0].Items);
        using var bare = Import("user_id,sequence_item_ids\n7,\"5,1\"\n");
        Assert.False(bare.HasRatings || bare.HasTimestamps);
    }

    [Fact]
    public void Ids_that_are_not_integers_are_written_as_codes()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [2], timestamps: false));
        SequenceCsv.Write(store, folder.File("out.csv"), TestContext.Current.CancellationToken);
        Assert.Equal(Header + "\n0,0,\"0,3\",\"0.0,0.5\",\n", File.ReadAllText(folder.File("out.csv")));
    }

    [Theory]
    [InlineData("0,7,\"5,1\",\"4\",\"10,11\"", "sequence_ratings has 1 values for 2 items")]
    [InlineData("0,7,\"5,1\",\"4,x\",\"10,11\"", "'x' at place 2 of sequence_ratings must be a number")]
    [InlineData("0,7,\"5,1\",\"4,NaN\",\"10,11\"", "'NaN' at place 2 of sequence_ratings must be a number")]
    [InlineData("0,7,\"5,1\",\"4,3\",\"10,1.5\"", "'1.5' at place 2 of sequence_timestamps must be a whole number")]
    [InlineData("0,7,\"5,1\",\"4,3\",\"10,9\"", "falls from 10 to 9 at place 2")]
    [InlineData("0,7,\"5,,1\",\"4,3\",\"10,11\"", "item id 2 of sequence_item_ids is empty")]
    [InlineData("0,7,\"\",\"\",\"\"", "sequence_item_ids is empty")]
    [InlineData("0,,\"5\",\"1\",\"1\"", "user_id is empty")]
    [InlineData("0,7,\"5,1", "does not close")]
    [InlineData("0,7,\"5,1\"", "the row has 3 fields")]
    [InlineData("0,7,\"5,1\",,\"10,11\"", "sequence_ratings is empty here but filled in the first row")]
    public void A_broken_row_is_named_by_file_and_line(string row, string message)
    {
        string path = folder.Write("bad.csv", $"{Header}\n0,1,\"5\",\"4\",\"1\"\n{row}\n");
        var error = Assert.Throws<InvalidInputException>(() => SequenceCsv.ToStore(path, folder.File("s"), "bad", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"({path}:3)", error.Message, StringComparison.Ordinal);
        Assert.Equal(["bad.csv"], folder.Names);
    }

    [Fact]
    public void A_missing_column_is_named_with_the_header()
    {
        string path = folder.Write("bad.csv", "user_id,items\n1,\"5\"\n");
        var error = Assert.Throws<InvalidInputException>(() => SequenceCsv.ToStore(path, folder.File("s"), "bad", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("column 'sequence_item_ids' is missing from the header 'user_id,items'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_item_outside_the_catalogue_is_named()
    {
        string path = folder.Write("bad.csv", Header + "\n0,1,\"5,6\",\"4,4\",\"1,1\"\n");
        var error = Assert.Throws<InvalidInputException>(() => SequenceCsv.ToStore(path, folder.File("s"), "bad", ItemVocabulary.Create(["5"]), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("item '6' is not among the 1 items", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_real_file_of_the_reference_imports_and_writes_back()
    {
        string? data = Environment.GetEnvironmentVariable("SEQUOR_DATA");
        if (data is null) Assert.Skip("SEQUOR_DATA is not set");
        SequenceCsv.ToStore(Path.Combine(data, "ml-1m-half", "sasrec_format.csv"), folder.File("s"), "ml-1m-half", cancellationToken: TestContext.Current.CancellationToken);
        using var store = SequenceStore.Open(folder.File("s"));
        Assert.Equal((2_999, 487_650L, 3_615), (store.UserCount, store.InteractionCount, store.Items.Count));
        SequenceCsv.Write(store, folder.File("out.csv"), TestContext.Current.CancellationToken);
        SequenceCsv.ToStore(folder.File("out.csv"), folder.File("t"), "ml-1m-half", cancellationToken: TestContext.Current.CancellationToken);
        using var again = SequenceStore.Open(folder.File("t"));
        for (int user = 0; user < store.UserCount; user++)
        {
            Assert.True(store[user].Items.SequenceEqual(again[user].Items) && store[user].Ratings.SequenceEqual(again[user].Ratings));
            Assert.True(store[user].Timestamps.SequenceEqual(again[user].Timestamps));
        }
    }

    private SequenceStore Import(string text)
    {
        string name = Guid.NewGuid().ToString("N");
        SequenceCsv.ToStore(folder.Write(name + ".csv", text), folder.File(name), "test", cancellationToken: TestContext.Current.CancellationToken);
        return SequenceStore.Open(folder.File(name));
    }
}
