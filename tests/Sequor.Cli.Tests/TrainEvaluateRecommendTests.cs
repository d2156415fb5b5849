using System.Text.Json;
using Sequor.Data;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class TrainEvaluateRecommendTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private static readonly string[] MetricNames =
    [
        "hr@1", "hr@10", "hr@50", "hr@100", "hr@200", "hr@500", "hr@1000", "ndcg@1", "ndcg@10", "ndcg@50", "ndcg@100", "ndcg@200", "mrr",
    ];

    [Fact]
    public void Training_reports_every_epoch_that_the_override_asks_for()
    {
        Assert.Equal(2, trained.Result.GetProperty("epochs").GetArrayLength());
        Assert.Equal("reference", trained.Result.GetProperty("protocol").GetString());
        Assert.True(trained.Result.GetProperty("last").GetProperty("loss").GetDouble() > 0);
        Assert.True(Directory.Exists(Path.Combine(trained.Run, "best")));
        Assert.True(Directory.Exists(Path.Combine(trained.Run, "last")));
    }

    [Fact]
    public void Evaluation_has_the_metrics_of_the_reference_for_model_and_popularity()
    {
        JsonElement report = Tool.Json("evaluate", trained.Run, "--data", trained.Store);
        using var store = SequenceStore.Open(trained.Store);
        foreach (JsonElement part in new[] { report, report.GetProperty("popularity") })
        {
            foreach (string name in MetricNames) Assert.InRange(part.GetProperty(name).GetDouble(), 0, 1);
            Assert.Equal("reference", part.GetProperty("protocol").GetString());
            Assert.Equal(60, part.GetProperty("users").GetInt32());
            Assert.Equal(store.Fingerprint, part.GetProperty("fingerprint").GetString());
        }
    }

    [Fact]
    public void Evaluation_of_the_best_model_repeats_what_training_reported()
    {
        JsonElement report = Tool.Json("evaluate", trained.Run, "--data", trained.Store), best = trained.Result.GetProperty("best");
        Assert.Equal(best.GetProperty("epoch").GetInt32(), report.GetProperty("epoch").GetInt32());
        foreach (string name in MetricNames) Assert.Equal(best.GetProperty(name).GetDouble(), report.GetProperty(name).GetDouble(), 1e-9);
    }

    [Fact]
    public void The_table_of_an_evaluation_has_popularity_beside_the_model()
    {
        Tool run = Tool.Run("evaluate", Path.Combine(trained.Run, "last"), "--data", trained.Store, "--protocol", "validation");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("popularity", run.Output, StringComparison.Ordinal);
        Assert.Contains("ndcg@10", run.Output, StringComparison.Ordinal);
        Assert.Contains("validation protocol", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Recommendations_are_ranked_and_were_not_seen_by_the_user()
    {
        using var store = SequenceStore.Open(trained.Store);
        string[] seen = [.. store[0].Items.ToArray().Select(store.Items.Id)];
        JsonElement answer = Tool.Json("recommend", trained.Run, "--data", trained.Store, "--user", store.UserId(0), "-k", "5", "--at", "2001-01-31");
        JsonElement[] found = [.. answer.GetProperty("recommendations").EnumerateArray()];
        Assert.Equal([1, 2, 3, 4, 5], found.Select(item => item.GetProperty("rank").GetInt32()));
        Assert.DoesNotContain(found, item => seen.Contains(item.GetProperty("id").GetString()));
        Assert.All(found, item => Assert.NotEqual("", item.GetProperty("title").GetString()));
        Assert.Equal(seen[^1], answer.GetProperty("history").EnumerateArray().Last().GetProperty("id").GetString());
    }

    [Fact]
    public void Recommendations_for_a_history_are_a_table_with_titles()
    {
        Tool run = Tool.Run("recommend", Path.Combine(trained.Run, "best"), "--history", "1, 2,3");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("rank", run.Output, StringComparison.Ordinal);
        Assert.Contains("title", run.Output, StringComparison.Ordinal);
        Assert.Contains("seen last, of 3:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_reads_ratings_asks_for_those_of_a_history()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        Tool.Json("train", trained.Config, "--data", trained.Store, "--out", run, "--set", "train_fn.num_epochs=1", "--set", "train_fn.input_preprocessor=CombinedItemAndRating");
        Tool.Json("evaluate", run, "--data", trained.Store);
        Tool.Json("recommend", run, "--data", trained.Store, "--user", "1");
        Assert.Contains("the model reads ratings, which --history lacks; add --ratings, one an item", Tool.Refused("recommend", run, "--history", "1,2"), StringComparison.Ordinal);
        Assert.Contains("--ratings has 1 ratings for 2 items", Tool.Refused("recommend", run, "--history", "1,2", "--ratings", "5"), StringComparison.Ordinal);
        Assert.Contains("rating 9 has no row", Tool.Refused("recommend", run, "--history", "1,2", "--ratings", "5,9"), StringComparison.Ordinal);
        Assert.Contains("rating 'x' is not a number", Tool.Refused("recommend", run, "--history", "1", "--ratings", "x"), StringComparison.Ordinal);
        Assert.Equal(2, Tool.Json("recommend", run, "--history", "1,2", "--ratings", "5,3.5").GetProperty("historyCount").GetInt32());
        Assert.Contains("--ratings is without effect", Tool.Run("recommend", trained.Run, "--history", "1", "--ratings", "5").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_who_does_not_exist_is_refused() =>
        Assert.Contains("user '999' is not in", Tool.Refused("recommend", trained.Run, "--data", trained.Store, "--user", "999"), StringComparison.Ordinal);

    [Fact]
    public void An_item_that_does_not_exist_is_refused() =>
        Assert.Contains("item 'x' is not among the 60 items", Tool.Refused("recommend", trained.Run, "--history", "1,x"), StringComparison.Ordinal);

    [Fact]
    public void A_time_that_is_none_is_refused() =>
        Assert.Contains("--at 'soon' must be", Tool.Refused("recommend", trained.Run, "--data", trained.Store, "--user", "1", "--at", "soon"), StringComparison.Ordinal);

    [Fact]
    public void A_folder_that_holds_something_is_not_made_a_run()
    {
        string line = Tool.Refused("train", trained.Config, "--data", trained.Store, "--out", trained.Run);
        Assert.Contains($"{trained.Run} holds a run; go on with it by `sequor train --resume {trained.Run}`", line, StringComparison.Ordinal);
        Assert.Contains("is not empty", Tool.Refused("train", trained.Config, "--data", trained.Store, "--out", Path.Combine(trained.Run, "best")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_under_the_validation_protocol_reports_the_test_event_too()
    {
        using var folder = new TemporaryFolder();
        JsonElement result = Tool.Json(
            "train", trained.Config, "--data", trained.Store, "--out", folder.File("run"), "--set", "train_fn.num_epochs=1", "--protocol", "validation");
        Assert.Equal("test", result.GetProperty("test").GetProperty("split").GetString());
        JsonElement report = Tool.Json("evaluate", folder.File("run"), "--data", trained.Store);
        Assert.Equal("validation", report.GetProperty("protocol").GetString());
        Assert.Equal(result.GetProperty("test").GetProperty("mrr").GetDouble(), report.GetProperty("mrr").GetDouble(), 1e-9);
    }

    [Fact]
    public void A_store_with_other_items_is_refused()
    {
        using var folder = new TemporaryFolder();
        string other = folder.File("other.sequor");
        Tool.Json("prepare", "synthetic", "--users", "20", "--items-count", "70", "--mean-length", "8", "--out", other);
        string line = Tool.Refused("evaluate", trained.Run, "--data", other);
        Assert.Contains("the model knows 60 items", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_does_not_exist_is_refused()
    {
        string nowhere = trained.Run + "-nowhere";
        Assert.Contains(nowhere, Tool.Refused("evaluate", nowhere, "--data", trained.Store), StringComparison.Ordinal);
        Assert.Contains(nowhere, Tool.Refused("recommend", nowhere, "--history", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_flags_of_the_reference_are_accepted_with_one_notice()
    {
        using var folder = new TemporaryFolder();
        Tool run = Tool.Run(
            "train", "--gin_config_file", trained.Config, "--master_port", "12345", "--data", trained.Store, "--out", folder.File("run"),
            "--set", "train_fn.num_epochs=1", "--protocol", "validation");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("note: --master_port has no effect: processes find each other over Open MPI\n", run.Error);
        Assert.Contains("epoch ", run.Output, StringComparison.Ordinal);
        Assert.Contains("next: sequor evaluate", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_training_is_one_line_and_exit_code_130()
    {
        using var folder = new TemporaryFolder();
        Tool run = Tool.RunUntil(
            ["train", trained.Config, "--data", trained.Store, "--out", folder.File("run")], new CancellationToken(canceled: true));
        Assert.Equal(130, run.ExitCode);
        Assert.Equal($"interrupted; go on with `sequor train --resume {folder.File("run")}`\n", run.Error);
    }
}
