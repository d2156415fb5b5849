using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class PrepareAndExportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_ratings_file_becomes_a_store_whose_numbers_are_reported()
    {
        string ratings = folder.Write("ratings.tsv", "u\ti\tr\tt\na\tx\t5\t2\na\ty\t4\t1\nb\tx\t3\t1\n");
        JsonElement summary = Tool.Json(
            "prepare", ratings, "--user", "u", "--item", "i", "--rating", "r", "--time", "t", "--delimiter", "\\t", "--name", "mine", "--out", folder.File("a.sequor"));
        Assert.Equal("mine", summary.GetProperty("name").GetString());
        Assert.Equal(2, summary.GetProperty("users").GetInt32());
        Assert.Equal(2, summary.GetProperty("items").GetInt32());
        Assert.Equal(3, summary.GetProperty("interactions").GetInt64());
    }

    [Fact]
    public void Columns_of_the_items_file_become_attributes_that_the_summary_names()
    {
        string ratings = folder.Write("ratings.csv", "u,i\na,x\na,y\n"), items = folder.Write("items.csv", "id,tags,brand\nx,red|blue,\ny,,Acme\nz,red,Acme\n");
        JsonElement summary = Tool.Json(
            "prepare", ratings, "--user", "u", "--item", "i", "--items", items, "--item-id", "id", "--item-attributes", "tags, brand", "--out", folder.File("a.sequor"));
        Assert.Equal(["tags", "brand"], summary.GetProperty("itemAttributes").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(3, summary.GetProperty("items").GetInt32());
    }

    [Fact]
    public void The_summary_is_a_table_without_json()
    {
        Tool run = Tool.Run("prepare", "synthetic", "--users", "60", "--items-count", "60", "--mean-length", "8", "--out", folder.File("a.sequor"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.Contains(run.Output.Split('\n'), line => line.Contains("users", StringComparison.Ordinal) && line.EndsWith("60", StringComparison.Ordinal));
    }

    [Fact]
    public void An_exported_store_prepares_to_the_same_events()
    {
        string store = Tool.Store(folder), csv = folder.File("sasrec_format.csv");
        JsonElement written = Tool.Json("export", store, "--format", "sasrec", "--out", csv);
        JsonElement again = Tool.Json("prepare", "sasrec", "--source", csv, "--out", folder.File("again.sequor"));
        Assert.Equal(60, again.GetProperty("users").GetInt32());
        Assert.Equal(written.GetProperty("interactions").GetInt64(), again.GetProperty("interactions").GetInt64());
    }
}
