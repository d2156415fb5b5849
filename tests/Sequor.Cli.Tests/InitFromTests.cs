using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary><c>train --init-from</c> as the command line shows it.</summary>
public sealed class InitFromTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_output_says_what_a_training_goes_on_from()
    {
        Tool run = Train(trained.Run);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("", run.Error);
        Assert.Contains($"goes on from run (epoch {BestEpoch}): 60 items matched, 0 new, 0 gone", run.Output.Split('\n'));
        Assert.Contains("goes on from last (epoch 1): ", Train(Path.Combine(trained.Run, "last")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_JSON_document_says_it_too()
    {
        JsonElement result = Tool.Json([.. Arguments(trained.Run)]), initial = result.GetProperty("initializedFrom");
        Assert.Equal("run", initial.GetProperty("name").GetString());
        Assert.Equal(trained.Result.GetProperty("fingerprint").GetString(), initial.GetProperty("fingerprint").GetString());
        Assert.Equal("reference", initial.GetProperty("protocol").GetString());
        Assert.Equal(BestEpoch, initial.GetProperty("epoch").GetInt32());
        Assert.Equal(
            (60, 0, 0), (initial.GetProperty("matchedItems").GetInt32(), initial.GetProperty("newItems").GetInt32(), initial.GetProperty("goneItems").GetInt32()));
        Assert.False(trained.Result.TryGetProperty("initializedFrom", out _));
    }

    [Fact]
    public void Settings_of_another_shape_and_models_that_are_none_are_refused()
    {
        string line = Tool.Refused([.. Arguments(trained.Run), "--set", "hstu_encoder.num_blocks=2"]);
        Assert.Contains("hstu_encoder.num_blocks (1 there, 2 here)", line, StringComparison.Ordinal);
        Assert.EndsWith("or train anew without --init-from", line, StringComparison.Ordinal);
        string nowhere = trained.Run + "-nowhere";
        Assert.Contains(nowhere, Tool.Refused([.. Arguments(nowhere)]), StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_model_that_has_seen_what_is_held_out_now_is_noticed()
    {
        Tool run = Train(trained.Run, "--protocol", "validation");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal($"note: {trained.Run} has learned from events that are held out now, so figures on them are too good; train both under --protocol validation\n", run.Error);
    }

    private int BestEpoch => trained.Result.GetProperty("best").GetProperty("epoch").GetInt32();

    private Tool Train(string from, params string[] more) => Tool.Run([.. Arguments(from), .. more]);

    private string[] Arguments(string from) =>
        ["train", trained.Config, "--data", trained.Store, "--init-from", from, "--out", folder.File(Path.GetFileName(from)), "--set", "train_fn.num_epochs=1", "--threads", "1"];
}
