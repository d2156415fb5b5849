using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests.Reports;

public sealed class CompareTests(ComparedRuns runs) : IClassFixture<ComparedRuns>
{
    [Fact]
    public void Means_are_those_of_evaluate_and_lie_in_their_intervals()
    {
        JsonElement found = Tool.Json("compare", runs.First, runs.Second);
        Assert.Equal(("validation", 40), (found.GetProperty("protocol").GetString(), found.GetProperty("users").GetInt32()));
        for (int run = 0; run < 2; run++)
        {
            JsonElement evaluated = Tool.Json("evaluate", run == 0 ? runs.First : runs.Second, "--data", runs.Store);
            foreach (JsonProperty metric in found.GetProperty("runs")[run].GetProperty("metrics").EnumerateObject())
            {
                double mean = metric.Value.GetProperty("mean").GetDouble();
                Assert.Equal(evaluated.GetProperty(metric.Name).GetDouble(), mean, 1e-12);
                Assert.InRange(mean, metric.Value.GetProperty("low").GetDouble(), metric.Value.GetProperty("high").GetDouble());
            }
        }

        JsonElement popularity = found.GetProperty("popularity").GetProperty("metrics").GetProperty("hr@10");
        Assert.Equal(Tool.Json("evaluate", runs.First, "--data", runs.Store).GetProperty("popularity").GetProperty("hr@10").GetDouble(), popularity.GetProperty("mean").GetDouble(), 1e-12);
    }

    [Fact]
    public void A_pair_has_the_difference_of_the_means_and_a_p_value_and_a_copy_of_a_run_does_not_differ()
    {
        string copy = runs.File("copy");
        if (!Directory.Exists(copy)) Copy(runs.First, copy);
        JsonElement found = Tool.Json("compare", runs.First, runs.Second, copy, "--resamples", "499");
        Assert.Equal(3, found.GetProperty("pairs").GetArrayLength());
        foreach (JsonElement pair in found.GetProperty("pairs").EnumerateArray())
        {
            JsonElement ndcg = pair.GetProperty("ndcg@10");
            double difference = Mean(found, pair.GetProperty("first").GetString()!) - Mean(found, pair.GetProperty("second").GetString()!);
            Assert.Equal(difference, ndcg.GetProperty("mean").GetDouble(), 1e-12);
            Assert.True(difference >= 0, "the better run stands first");
            double p = ndcg.GetProperty("p").GetDouble();
            Assert.InRange(p, 1 / 500.0, 1);
            Assert.InRange(ndcg.GetProperty("pHolm").GetDouble(), p, 1);
            if (pair.GetProperty("first").GetString() != "second" && pair.GetProperty("second").GetString() != "second")
                Assert.Equal((0.0, 0.0, 1.0), (ndcg.GetProperty("low").GetDouble(), ndcg.GetProperty("high").GetDouble(), p));
        }

        Assert.Equal(2, Tool.Json("compare", runs.First, runs.Second, copy, "--baseline", "second").GetProperty("pairs").GetArrayLength());
    }

    [Fact]
    public void Threads_change_nothing()
    {
        string[] command = ["compare", runs.First, runs.Second, "--resamples", "199", "--json"];
        Assert.Equal(Tool.Run([.. command, "--threads", "1"]).Output, Tool.Run([.. command, "--threads", "3"]).Output);
    }

    [Fact]
    public void The_table_says_what_was_measured_and_how()
    {
        Tool run = Tool.Run("compare", runs.First, runs.Second, "--resamples", "199", "--seed", "7");
        Assert.True(run.ExitCode == 0, run.Error);
        foreach (string expected in (string[])["ndcg@10", "most popular", "p, Holm", "is best: NDCG@10", "40 users of evil <b>", "199 bootstrap resamples", "validation protocol", "seed 7"])
            Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_of_the_curves_are_written_and_named()
    {
        string picture = runs.File("curves.png");
        Tool run = Tool.Run("compare", runs.First, runs.Second, "--resamples", "19", "--plot", picture);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.EndsWith(picture, run.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal("PNG"u8, File.ReadAllBytes(picture).AsSpan(1, 3));
        Assert.DoesNotContain("\e", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_cannot_stand_beside_each_other_are_refused()
    {
        string reference = runs.TrainOn(runs.Store, "reference", "reference"), other = Store("other.sequor"), elsewhere = runs.TrainOn(other, "elsewhere", "validation");
        Assert.Contains("reference was trained under the reference protocol and first under validation", Tool.Refused("compare", runs.First, reference), StringComparison.Ordinal);
        Assert.Contains("runs are compared on the same users, items and events; train both on one store", Tool.Refused("report", runs.First, elsewhere, "--out", runs.File("r.html")), StringComparison.Ordinal);
        Assert.Contains("name with --data the store that it was trained on", Tool.Refused("compare", runs.First, runs.Second, "--data", other), StringComparison.Ordinal);
        Assert.Contains("stands twice", Tool.Refused("compare", runs.First, runs.First), StringComparison.Ordinal);
        Assert.Contains("name two runs or more", Tool.Refused("compare", runs.First), StringComparison.Ordinal);
        Assert.Contains("--baseline third must be one of the runs that are compared: first, second", Tool.Refused("compare", runs.First, runs.Second, "--baseline", "third"), StringComparison.Ordinal);
        Assert.Contains("holds neither a run", Tool.Refused("compare", runs.First, runs.File("")), StringComparison.Ordinal);
        Assert.Contains("--resamples 0 must be a whole number from 1", Tool.Refused("compare", runs.First, runs.Second, "--resamples", "0"), StringComparison.Ordinal);
        Assert.False(File.Exists(runs.File("r.html")));
    }

    [Fact]
    public void A_model_alone_does_not_remember_its_data()
    {
        string[] models = [Path.Combine(runs.First, "best"), Path.Combine(runs.Second, "best")];
        Assert.Contains("does not remember the store that it learned from; name it with --data", Tool.Refused("compare", models[0], models[1]), StringComparison.Ordinal);
        JsonElement found = Tool.Json("compare", models[0], models[1], "--data", runs.Store, "--resamples", "19");
        Assert.Equal(["first/best", "second/best"], found.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("name").GetString()));
    }

    [Fact]
    public void A_protocol_without_events_for_the_choice_of_the_epoch_is_pointed_out()
    {
        string reference = runs.TrainOn(runs.Store, "alone", "reference", "train_fn.num_epochs=2"), later = runs.TrainOn(runs.Store, "later", "reference", "train_fn.random_seed=3");
        Assert.Contains("the best epoch was chosen by the very events that are measured here", Tool.Run("compare", reference, later, "--resamples", "19").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("chosen by the very events", Tool.Run("compare", runs.First, runs.Second, "--resamples", "19").Error, StringComparison.Ordinal);
    }

    private string Store(string name)
    {
        Tool run = Tool.Run("prepare", "synthetic", "--users", "60", "--items-count", "60", "--mean-length", "8", "--out", runs.File(name));
        Assert.True(run.ExitCode == 0, run.Error);
        return runs.File(name);
    }

    private static double Mean(JsonElement found, string name) => found.GetProperty("runs").EnumerateArray().Single(run => run.GetProperty("name").GetString() == name)
        .GetProperty("metrics").GetProperty("ndcg@10").GetProperty("mean").GetDouble();

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
