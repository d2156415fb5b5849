using Xunit;

namespace Sequor.Cli.Tests;

public sealed class BadRatingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_missing_column_is_named_beside_those_there_are()
    {
        string line = Refused("user,item,rating\n1,2,3\n", "--user", "userId", "--item", "item");
        Assert.Contains("column 'userId' is not among the columns 'user', 'item', 'rating'", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rating_that_is_no_number_is_shown_with_its_line()
    {
        string line = Refused("user,item,rating\n1,2,3\n1,3,good\n", "--user", "user", "--item", "item", "--rating", "rating");
        Assert.Contains("good", line, StringComparison.Ordinal);
        Assert.Contains(":3", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_without_named_columns_says_which_option_to_add() =>
        Assert.Contains("add --user COLUMN", Refused("user,item\n1,2\n"), StringComparison.Ordinal);

    [Fact]
    public void An_empty_file_is_refused() =>
        Assert.Contains("is empty", Refused("", "--user", "user", "--item", "item"), StringComparison.Ordinal);

    [Fact]
    public void Columns_of_an_items_file_need_the_items_file() =>
        Assert.Contains("--items FILE", Refused("user,item\n1,2\n", "--user", "user", "--item", "item", "--title", "title"), StringComparison.Ordinal);

    [Fact]
    public void A_source_that_is_neither_a_name_nor_a_file_is_refused()
    {
        string line = Tool.Refused("prepare", "ml-2m", "--source", folder.Path, "--out", folder.File("out.sequor"));
        Assert.Contains("'ml-2m' is neither a data set (amzn-CATEGORY, ", line, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData("ml-1m")]
    [InlineData("yelp")]
    [InlineData("amzn-books")]
    [InlineData("sasrec")]
    public void A_named_set_without_its_files_says_what_is_missing(string name)
    {
        Assert.Contains("does not exist", Tool.Refused("prepare", name, "--source", folder.Path, "--out", folder.File("out.sequor")), StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_set_that_cannot_be_downloaded_says_where_it_is_and_which_option_to_add()
    {
        Assert.Contains("add --source PATH", Tool.Refused("prepare", "sasrec", "--out", folder.File("out.sequor")), StringComparison.Ordinal);
        string line = Tool.Refused("prepare", "yelp", "--out", folder.File("out.sequor"));
        Assert.Contains("https://business.yelp.com/data/resources/open-dataset/", line, StringComparison.Ordinal);
        Assert.Contains("add --source DIR", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_category_that_a_family_does_not_have_is_answered_with_those_it_has()
    {
        string line = Tool.Refused("prepare", "amzn-potatoes", "--out", folder.File("out.sequor"));
        Assert.Contains("amzn- goes on with one of amazon-instant-video, apps-for-android,", line, StringComparison.Ordinal);
    }

    private string Refused(string ratings, params string[] options)
    {
        string file = folder.Write("ratings.csv", ratings);
        string line = Tool.Refused(["prepare", file, .. options, "--out", folder.File("out.sequor")]);
        Assert.Equal(["ratings.csv"], folder.Names);
        return line;
    }
}
