using System.Text.Json;
using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

/// <summary>The views against what <c>research/data/dataset.py</c> gives for the same file.</summary>
public sealed class GoldenDatasetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("dataset_train_chrono")]
    [InlineData("dataset_train_chrono_shift1")]
    [InlineData("dataset_eval_chrono")]
    [InlineData("dataset_eval_reversed")]
    [InlineData("dataset_ignore2")]
    public void Views_equal_those_of_the_reference(string name)
    {
        using var golden = Golden(name);
        JsonElement hyper = golden.RootElement.GetProperty("hyper");
        int longest = hyper.GetProperty("padding_length").GetInt32() - 1;
        int shift = hyper.TryGetProperty("shift_id_by", out JsonElement by) ? by.GetInt32() : 0;
        using var store = Import();
        var view = new LeaveOneOut(store, hyper.GetProperty("ignore_last_n").GetInt32(), longest);

        double[] ids = Array(golden, "out.historical_ids"), ratings = Array(golden, "out.historical_ratings");
        double[] times = Array(golden, "out.historical_timestamps"), lengths = Array(golden, "out.history_lengths");
        double[] targets = Array(golden, "out.target_ids"), targetRatings = Array(golden, "out.target_ratings");
        double[] targetTimes = Array(golden, "out.target_timestamps");
        for (int user = 0; user < store.UserCount; user++)
        {
            LeaveOneOutExample example = view.Get(user);
            Assert.Equal(lengths[user], example.History.Length);
            Assert.Equal(targets[user], Id(example.TargetItem) + shift);
            Assert.Equal(targetRatings[user], (double)example.TargetRating!.Value);
            Assert.Equal(targetTimes[user], example.TargetTimestamp!.Value);
            for (int i = 0; i < example.History.Length; i++)
            {
                // Sequor knows one direction, oldest first; the reversed case is read from the other end.
                int column = user * longest + (hyper.GetProperty("chronological").GetBoolean() ? i : example.History.Length - 1 - i);
                Assert.Equal(ids[column], Id(example.History.Items[i]) + shift);
                // The reference cuts ratings of histories to integers, a defect; Sequor keeps them.
                Assert.Equal(ratings[column], Math.Truncate(example.History.Ratings[i]));
                Assert.Equal(times[column], example.History.Timestamps[i]);
            }
        }

        int Id(int index) => int.Parse(store.Items.Id(index), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Sampled_views_equal_those_of_the_reference()
    {
        using var golden = Golden("dataset_sample_ratio");
        using var store = Import();
        var view = LeaveOneOut.Train(store, EvaluationProtocol.Reference, 5);
        bool[] keep = [.. Array(golden, "in.kept_mask").Select(kept => kept != 0)];
        int row = golden.RootElement.GetProperty("hyper").GetProperty("row").GetInt32();
        Assert.True(view.TryGetSampled(row, keep, new int[5], new float[5], new long[5], out LeaveOneOutExample example));

        Assert.Equal(Array(golden, "out.historical_ids"), example.History.Items.ToArray().Select(Id));
        Assert.Equal(Array(golden, "out.historical_ratings"), example.History.Ratings.ToArray().Select(rating => Math.Truncate(rating)));
        Assert.Equal(Array(golden, "out.historical_timestamps"), example.History.Timestamps.ToArray().Select(time => (double)time));
        Assert.Equal(Array(golden, "out.target_ids")[0], Id(example.TargetItem));
        Assert.Equal(Array(golden, "out.target_ratings")[0], (double)example.TargetRating!.Value);
        Assert.Equal(Array(golden, "out.target_timestamps")[0], example.TargetTimestamp!.Value);

        double Id(int index) => double.Parse(store.Items.Id(index), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static JsonDocument Golden(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name + ".json")));

    private static double[] Array(JsonDocument golden, string name) =>
        [.. golden.RootElement.GetProperty("arrays").GetProperty(name).GetProperty("data").EnumerateArray().Select(value => value.GetDouble())];

    private SequenceStore Import()
    {
        SequenceCsv.ToStore(Path.Combine(AppContext.BaseDirectory, "Golden", "dataset_input.csv"), folder.File("s"), "golden");
        return SequenceStore.Open(folder.File("s"));
    }
}
