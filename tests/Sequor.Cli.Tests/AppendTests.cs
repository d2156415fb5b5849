using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>From an old store and model to a new store and model, and what is said on the way.</summary>
public sealed class AppendTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_old_store_and_model_become_a_new_store_and_model()
    {
        string config = Config(), store = Prepare(Ratings(0, 30, firstItem: 100)), old = folder.File("old"), again = folder.File("again");
        Tool.Json("train", config, "--data", store, "--out", old);

        JsonElement grown = Tool.Json("append", store, folder.Write("new.csv", Ratings(25, 40, firstItem: 90)));
        Assert.Equal((10, 10), (grown.GetProperty("newUsers").GetInt32(), grown.GetProperty("newItems").GetInt32()));
        Assert.Equal((40, 40), (grown.GetProperty("users").GetInt32(), grown.GetProperty("items").GetInt32()));
        Assert.Equal(15 * 12, grown.GetProperty("newEvents").GetInt64());
        Assert.Equal(0, grown.GetProperty("lateEvents").GetInt64());

        Tool run = Tool.Run("train", config, "--data", store, "--init-from", old, "--out", again);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("goes on from old (epoch 0): 30 items matched, 10 new, 0 gone", run.Output.Split('\n'));
        JsonElement report = Tool.Json("evaluate", again, "--data", store);
        Assert.Equal(40, report.GetProperty("users").GetInt32());
        Assert.NotEmpty(Tool.Json("recommend", again, "--data", store, "--user", "39").GetProperty("recommendations").EnumerateArray());
        Assert.Contains("the model knows 30 items", Tool.Refused("evaluate", old, "--data", store), StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_says_what_is_new_and_another_output_leaves_the_store()
    {
        string store = Prepare("user,item,time\na,x,10\n");
        byte[] before = File.ReadAllBytes(store);
        Tool run = Tool.Run("append", store, folder.Write("new.csv", "user,item,time\nb,y,3\na,y,4\na,x,10\n"), "--out", folder.File("b.sequor"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("", run.Error);
        foreach (var (what, value) in new[]
        {
            ("new events", "2"), ("new users", "1"), ("new items", "1"), ("left out", "1: already in the store, such as user a, item x"),
            ("found out", "new events that stand before the last one of their user in the store: 1"),
        })
        {
            Assert.Contains(run.Output.Split('\n'), row => row.Trim().StartsWith(what, StringComparison.Ordinal) && row.TrimEnd().EndsWith($" {value}", StringComparison.Ordinal));
        }

        Assert.Equal(before, File.ReadAllBytes(store));
    }

    [Fact]
    public void Appending_again_keeps_the_fingerprint()
    {
        string store = Prepare("user,item,time\na,x,1\n"), rows = folder.Write("new.csv", "user,item,time\na,y,2\na,y,2\nb,x,3\n");
        string once = Tool.Json("append", store, rows).GetProperty("fingerprint").GetString()!;
        JsonElement again = Tool.Json("append", store, rows);
        Assert.Equal(once, again.GetProperty("fingerprint").GetString());
        Assert.Equal(0, again.GetProperty("newEvents").GetInt64());
    }

    [Fact]
    public void The_store_tells_what_was_appended_last()
    {
        string store = Prepare("user,item,time\na,x,1\n");
        Assert.False(Tool.Json("inspect", store).GetProperty("report").TryGetProperty("newUsers", out _));
        Tool.Json("append", store, folder.Write("new.csv", "user,item,time\nb,y,3\nb,z,4\n"));
        JsonElement report = Tool.Json("inspect", store).GetProperty("report");
        Assert.Equal((2, 1, 2, 0), (Number("kept"), Number("newUsers"), Number("newItems"), Number("lateEvents")));
        Tool run = Tool.Run("inspect", store);
        Assert.Contains("the report is of the last time; new users: 1, new items: 2", run.Output, StringComparison.Ordinal);
        Assert.Contains("table: old.csv; 1 append: new.csv", run.Output, StringComparison.Ordinal);

        int Number(string name) => report.GetProperty(name).GetInt32();
    }

    [Fact]
    public void Columns_are_named_anew_where_the_store_does_not_tell_them()
    {
        string store = Tool.Store(folder), rows = folder.Write("new.csv", "who,what,stars,at\n1,1,3,2000000000\n");
        Assert.Contains("small.sequor was not prepared from named columns; add --user COLUMN", Tool.Refused("append", store, rows), StringComparison.Ordinal);
        string line = Tool.Refused("append", store, rows, "--user", "who", "--item", "what", "--time", "at");
        Assert.Contains("has ratings, and", line, StringComparison.Ordinal);
        Assert.Contains("(--rating)", line, StringComparison.Ordinal);
        Assert.Contains("item '61' is new, and the store's items have titles", Tool.Refused(
            "append", store, folder.Write("more.csv", "who,what,stars,at\n1,61,3,2000000000\n"), "--user", "who", "--item", "what", "--rating", "stars", "--time", "at"), StringComparison.Ordinal);
        Assert.Equal(1, Tool.Json("append", store, rows, "--user", "who", "--item", "what", "--rating", "stars", "--time", "at").GetProperty("newEvents").GetInt64());
    }

    [Fact]
    public void Items_come_with_an_items_file_and_rows_are_chosen_by_time()
    {
        string items = folder.Write("items.csv", "id,name,tags\nx,X,red\ny,Y,blue\n");
        string store = Prepare("user,item,time\na,x,1\n", "--items", items, "--item-id", "id", "--title", "name", "--item-attributes", "tags");
        string rows = folder.Write("new.csv", "user,item,time\na,z,2\na,y,3\n"), more = folder.Write("more.csv", "id,name,tags\nz,Z,green\n");
        JsonElement grown = Tool.Json(
            "append", store, rows, "--items", more, "--item-id", "id", "--title", "name", "--item-attributes", "tags", "--until", "3", "--time-unit", "s", "--threads", "1");
        Assert.Equal((1, 1, 3), (grown.GetProperty("newEvents").GetInt32(), grown.GetProperty("newItems").GetInt32(), grown.GetProperty("items").GetInt32()));
        Assert.Equal("outside the time range", grown.GetProperty("leftOut")[0].GetProperty("reason").GetString());
        Assert.Contains("give it with --items FILE", Tool.Refused("append", store, rows, "--title", "name"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_appended_leaves_the_store_and_nothing_else()
    {
        string store = Prepare("user,item,time\na,x,1\n"), rows = folder.Write("new.csv", "user,item,time\na,y,soon\n");
        byte[] before = File.ReadAllBytes(store);
        Assert.Contains("column 'time' = 'soon'", Tool.Refused("append", store, rows), StringComparison.Ordinal);
        Assert.Contains("'nowhere.csv' does not exist", Tool.Refused("append", store, "nowhere.csv"), StringComparison.Ordinal);
        Assert.Contains("is not a sequence store", Tool.Refused("append", rows, store), StringComparison.Ordinal);
        Assert.Contains("is a folder", Tool.Refused("append", store, rows, "--out", folder.Path), StringComparison.Ordinal);
        Tool.Refused("append", store, rows, "--k-core", "5");
        Tool.Refused("append", store);
        Tool run = Tool.RunUntil(["append", store, rows], new CancellationToken(canceled: true));
        Assert.Equal((130, "interrupted\n"), (run.ExitCode, run.Error));
        Assert.Equal(before, File.ReadAllBytes(store));
        Assert.Equal(["a.sequor", "new.csv", "old.csv"], folder.Names);
    }

    private string Prepare(string text, params string[] options)
    {
        string store = folder.File("a.sequor");
        Tool.Json(["prepare", folder.Write("old.csv", text), "--user", "user", "--item", "item", "--time", "time", "--out", store, .. options]);
        return store;
    }

    // Twelve events a user, at times that depend on its first one: each walks through as many items as there are users.
    private static string Ratings(int firstUser, int endUser, int firstItem)
    {
        var text = new StringBuilder("user,item,time\n");
        for (int user = firstUser; user < endUser; user++)
        {
            for (int step = 0; step < 12; step++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{user},{firstItem + ((user + (step * 7)) % 30)},{(100 * firstUser) + step}\n");
            }
        }

        return text.ToString();
    }

    private string Config() => folder.Write("tiny.gin", TrainedRun.TinyConfig(epochs: 1));
}
