using System.Text.Json;
using Sequor.Data;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class InspectTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_store_is_shown_with_its_origin_numbers_attributes_and_favourites()
    {
        JsonElement found = Tool.Json("inspect", Films(), "--verify");
        Assert.Equal("films", found.GetProperty("name").GetString());
        Assert.True(found.GetProperty("verified").GetBoolean());
        Assert.Equal((2, 3, 2, 61), (found.GetProperty("users").GetInt32(), found.GetProperty("itemsListed").GetInt32(), found.GetProperty("itemsWithEvents").GetInt32(), found.GetProperty("events").GetInt32()));
        Assert.Equal("too old", found.GetProperty("report").GetProperty("dropped")[0].GetProperty("reason").GetString());
        Assert.Equal("Drama", found.GetProperty("itemAttributes")[0].GetProperty("commonest")[0].GetProperty("value").GetString());
        Assert.Equal("sex", found.GetProperty("userAttributes")[0].GetProperty("name").GetString());
        Assert.Equal("Heat", found.GetProperty("mostPopular")[0].GetProperty("title").GetString());
        Assert.Equal(1, found.GetProperty("lengths").GetProperty("min").GetInt32());
    }

    [Fact]
    public void The_tables_say_the_same_in_words()
    {
        Tool run = Tool.Run("inspect", Films());
        Assert.True(run.ExitCode == 0, run.Error);
        foreach (string expected in (string[])["films", "minimum = 5", "(--verify reads them)", "3 listed, 2 with events, 1 with one", "2001-09-09 01:46:40", "too old", "u1, i9 (line 3)", "seconds since 1970", "Drama (2)", "Heat"])
        {
            Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_user_has_attributes_and_the_newest_fifty_events_newest_last()
    {
        string store = Films();
        JsonElement found = Tool.Json("inspect", store, "--user", "anna");
        Assert.Equal("F", found.GetProperty("attributes").GetProperty("sex")[0].GetString());
        Assert.Equal((60, 50), (found.GetProperty("events").GetInt32(), found.GetProperty("history").GetArrayLength()));
        Assert.Equal((11, 60), (found.GetProperty("history")[0].GetProperty("number").GetInt32(), found.GetProperty("history")[49].GetProperty("number").GetInt32()));
        Assert.Equal(60, Tool.Json("inspect", store, "--user", "anna", "--all").GetProperty("history").GetArrayLength());
        string[] lines = Tool.Run("inspect", store, "--user", "anna").Output.TrimEnd().Split('\n');
        Assert.Contains(lines, line => line.Contains("the newest 50 below", StringComparison.Ordinal));
        Assert.EndsWith("2001-09-09 01:47:39", lines[^1], StringComparison.Ordinal);
        Assert.Contains(" 60 ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_user_gets_a_suggestion_or_ids_that_exist()
    {
        string store = Films();
        Assert.Contains("did you mean 'anna'?", Tool.Refused("inspect", store, "--user", "ana"), StringComparison.Ordinal);
        Assert.Contains("did you mean 'anna'?", Tool.Refused("inspect", store, "--user", "ANNA"), StringComparison.Ordinal);
        Assert.Contains("its ids are such as 'anna', 'bert'", Tool.Refused("inspect", store, "--user", "xavier"), StringComparison.Ordinal);
        Assert.Contains("--all goes with --user", Tool.Refused("inspect", store, "--all"), StringComparison.Ordinal);
        Assert.Contains("leave it out with --user", Tool.Refused("inspect", store, "--user", "anna", "--plots", folder.File("p")), StringComparison.Ordinal);
    }

    [Fact]
    public void Plots_are_pictures_of_800_by_500_and_a_store_without_times_lacks_one()
    {
        string plots = folder.File("plots");
        Tool run = Tool.Run("inspect", Tool.Store(folder), "--plots", plots);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["activity.png", "lengths.png", "popularity.png"], Directory.GetFiles(plots).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string file in Directory.GetFiles(plots))
        {
            byte[] png = File.ReadAllBytes(file);
            // The header of a PNG: its letters, then width and height at the bytes 16 and 20.
            Assert.Equal("PNG"u8, png.AsSpan(1, 3));
            Assert.Equal([0, 0, 800 >> 8, 800 & 255, 0, 0, 500 >> 8, 500 & 255], png[16..24]);
        }

        string timeless = folder.File("plain.sequor"), other = folder.File("other");
        Tool.Json("prepare", folder.Write("r.csv", "u,i\na,x\na,y\nb,x\n"), "--user", "u", "--item", "i", "--out", timeless);
        Tool plain = Tool.Run("inspect", timeless, "--plots", other);
        Assert.True(plain.ExitCode == 0, plain.Error);
        Assert.Contains("no plot of the activity", plain.Error, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(other).Length);
    }

    [Fact]
    public void A_damaged_store_is_found_by_verify()
    {
        string store = Tool.Store(folder);
        using (FileStream file = File.Open(store, FileMode.Open)) { file.Position = file.Length - 5; file.WriteByte((byte)'#'); }
        Assert.Contains("damaged", Tool.Refused("inspect", store, "--verify"), StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_are_exported_and_prepared_again_to_the_same_store_contents()
    {
        string store = Tool.Store(folder), table = folder.File("t.parquet"), again = folder.File("again.sequor");
        JsonElement written = Tool.Json("export", store, "--format", "parquet", "--titles", "--out", table);
        JsonElement prepared = Tool.Json("prepare", table, "--user", "user_id", "--item", "item_id", "--rating", "rating", "--time", "timestamp", "--out", again);
        Assert.Equal(written.GetProperty("interactions").GetInt64(), prepared.GetProperty("interactions").GetInt64());
        foreach (string user in (string[])["1", "33", "60"])
        {
            string[] histories = [.. new[] { store, again }.Select(path => string.Join('\n', Tool.Json("inspect", path, "--user", user).GetProperty("history").EnumerateArray()
                .Select(e => $"{e.GetProperty("id")} {e.GetProperty("rating")} {e.GetProperty("timestamp")}")))];
            Assert.Equal(histories[0], histories[1]);
        }

        Assert.Contains("CSV cannot hold", Tool.Refused("export", store, "--format", "csv", "--rows", "users", "--out", table), StringComparison.Ordinal);
        Assert.Contains("--titles goes with --format parquet or csv", Tool.Refused("export", store, "--titles", "--out", table), StringComparison.Ordinal);
        Assert.Contains("--rows goes with --format parquet or csv", Tool.Refused("export", store, "--rows", "users", "--out", table), StringComparison.Ordinal);
    }

    private string Films()
    {
        string path = folder.File("films.sequor");
        if (File.Exists(path)) return path;
        var metadata = new SequenceStoreMetadata { Name = "films", Source = "a test", OrderRule = "as written", Options = new Dictionary<string, string> { ["minimum"] = "5" } };
        var items = ItemVocabulary.Create(["1", "2", "3"], ["Heat", "Big", "Alien"], [CategoricalAttribute.Create("genres", [["Drama"], ["Drama", "Comedy"], []])]);
        using var writer = new SequenceStoreWriter(path, metadata, items, true, true)
        {
            Report = new PreparationReport { RowCount = 63, KeptCount = 61, Dropped = [new DroppedRows("too old", 2, ["u1, i9 (line 3)"])], Findings = ["times are seconds since 1970"] },
        };
        writer.Add("anna", [.. Enumerable.Repeat(1, 60)], [.. Enumerable.Repeat(4.5f, 60)], [.. Enumerable.Range(0, 60).Select(i => 1_000_000_000L + i)]);
        writer.Add("bert", [2], [3], [1_000_000_100]);
        writer.UserAttributes = [CategoricalAttribute.Create("sex", [["F"], []])];
        writer.Complete();
        return path;
    }
}
