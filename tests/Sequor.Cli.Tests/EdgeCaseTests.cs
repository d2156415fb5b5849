using System.Globalization;
using System.Text;
using System.Text.Json;
using Sequor.Data;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>Data at the edges of what can be, from prepare to recommend: each does what docs/limits.md says.</summary>
public sealed class EdgeCaseTests : IDisposable
{
    private const long Year9999 = 253_402_300_799;

    private static readonly string[] s_metrics = ["hr@10", "ndcg@10", "mrr"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("-1")]
    [InlineData("253402300799")]
    [InlineData("9223372036854775807")]
    [InlineData("9999-12-31 23:59:59")]
    public void A_table_has_times_from_1970_to_2199(string time)
    {
        string unit = time.Contains('-', StringComparison.Ordinal) && time.Length > 2 ? "iso" : "s";
        string rows = unit == "iso" ? "u,i,2001-01-01 00:00:00\n" : "u,i,0\n";
        string path = folder.Write("r.csv", $"user,item,time\n{rows}u,j,{time}\n");
        string message = Tool.Refused("prepare", path, "--user", "user", "--item", "item", "--time", "time", "--time-unit", unit, "--out", folder.File("s"));
        Assert.Contains($"column 'time' = '{time}' must be", message, StringComparison.Ordinal);
        Assert.EndsWith(":3)", message, StringComparison.Ordinal);
        JsonElement skipped = Tool.Json("prepare", path, "--user", "user", "--item", "item", "--time", "time", "--time-unit", unit, "--skip-bad-rows", "--out", folder.File("s"));
        Assert.Equal(1, skipped.GetProperty("interactions").GetInt64());
    }

    [Theory]
    [InlineData("HSTU")]
    [InlineData("FuXi-alpha")]
    [InlineData("FuXi-beta")]
    public void The_interchange_format_has_any_time_that_64_bits_hold(string encoder)
    {
        string store = Prepare(
            ([1, 2, 3, 4, 5, 6], [long.MinValue, -1, 0, 978_300_019, Year9999, long.MaxValue]), ([2, 3, 4, 5, 1], [0, 0, 0, long.MaxValue, long.MaxValue]), ([6, 5, 4, 3], [long.MinValue, long.MinValue, long.MinValue, long.MinValue]));
        using (var opened = SequenceStore.Open(store)) Assert.Equal([long.MinValue, -1, 0, 978_300_019, Year9999, long.MaxValue], opened[0].Timestamps.ToArray());
        string run = TrainAndEvaluate(store, 3, encoder);
        Assert.Equal(2, Recommend(run, store, "u2", "--at", "9999-12-31").Length);
    }

    [Fact]
    public void Equal_times_keep_the_order_of_the_file()
    {
        string store = Prepare(([1, 2, 3, 4], [5, 5, 5, 5]), ([4, 3, 2, 1], [5, 5, 5, 5]), ([2, 4, 1, 5], [5, 5, 5, 5]));
        using (var opened = SequenceStore.Open(store)) Assert.Equal(["4", "3", "2", "1"], opened[1].Items.ToArray().Select(opened.Items.Id));
        Assert.Equal(["5"], Recommend(TrainAndEvaluate(store, 3), store, "u0"));
    }

    [Fact]
    public void A_catalogue_of_one_item_has_nothing_left_to_recommend_to_who_has_seen_it()
    {
        string store = Prepare(([1, 1, 1, 1], [1, 2, 3, 4]), ([1, 1, 1], [1, 2, 3]));
        Assert.Empty(Recommend(TrainAndEvaluate(store, 2), store, "u0"));
    }

    [Fact]
    public void Users_of_one_event_are_left_out_counted_and_answered()
    {
        string store = Prepare(([1], [1]), ([2], [2]), ([3, 1, 2, 4], [1, 2, 3, 4]));
        Assert.Equal(3, Recommend(TrainAndEvaluate(store, 1), store, "u0").Length);
    }

    [Fact]
    public void One_user_is_enough()
    {
        string store = Prepare(([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]));
        Assert.Empty(Recommend(TrainAndEvaluate(store, 1), store, "u0"));
    }

    [Theory]
    [InlineData("reference", 2, "Reference needs at least 3 events a user")]
    [InlineData("validation", 3, "Validation needs at least 4 events a user")]
    public void Data_from_which_nothing_can_be_held_out_are_refused(string protocol, int events, string rule)
    {
        string store = Prepare(([.. Enumerable.Range(1, events)], [.. Enumerable.Range(1, events).Select(i => (long)i)]), ([1], [1]));
        Assert.Contains(rule, Tool.Refused("train", Config("HSTU"), "--data", store, "--out", folder.File("run"), "--protocol", protocol), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public void A_user_of_a_hundred_thousand_events_is_one_user()
    {
        int[] items = [.. Enumerable.Range(0, 100_000).Select(i => 1 + i * 7919 % 997)];
        string store = Prepare((items, [.. Enumerable.Range(0, items.Length).Select(i => (long)i)]), ([1, 2, 3, 4], [1, 2, 3, 4]));
        string run = TrainAndEvaluate(store, 2);
        // This user has seen everything.
        Assert.Empty(Recommend(run, store, "u0"));
        Assert.Equal(10, Recommend(run, store, "u1").Length);
    }

    private string Prepare(params (int[] Items, long[] Times)[] users)
    {
        var text = new StringBuilder("index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps\n");
        for (int user = 0; user < users.Length; user++)
            text.Append(CultureInfo.InvariantCulture, $"{user},u{user},\"{string.Join(',', users[user].Items)}\",\"{string.Join(',', users[user].Items.Select(_ => "4"))}\",\"{string.Join(',', users[user].Times)}\"\n");
        string store = folder.File("s");
        Tool.Json("prepare", "sasrec", "--source", folder.Write("sasrec_format.csv", text.ToString()), "--out", store);
        return store;
    }

    private string Config(string encoder) => folder.Write("tiny.gin", TrainedRun.TinyConfig(epochs: 1).Replace("\"HSTU\"", $"\"{encoder}\"", StringComparison.Ordinal));

    private string TrainAndEvaluate(string store, int users, string encoder = "HSTU")
    {
        string run = folder.File("run");
        Tool.Json("train", Config(encoder), "--data", store, "--out", run, "--threads", "1");
        JsonElement report = Tool.Json("evaluate", run, "--data", store, "--threads", "1");
        Assert.Equal(users, report.GetProperty("users").GetInt32());
        Assert.All(s_metrics, name => Assert.InRange(report.GetProperty(name).GetDouble(), 0, 1));
        return run;
    }

    private static string[] Recommend(string run, string store, string user, params string[] more) =>
        [.. Tool.Json(["recommend", run, "--data", store, "--user", user, .. more]).GetProperty("recommendations").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];
}
