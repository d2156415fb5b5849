using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary><c>train --resume</c> as the command line shows it.</summary>
public sealed class ResumeTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_interrupted_run_goes_on_to_the_weights_of_an_undisturbed_one()
    {
        Tool cut = Tool.RunUntil(Arguments("run"), new CancellationToken(canceled: true));
        Assert.Equal(130, cut.ExitCode);
        Assert.Equal($"interrupted; go on with `sequor train --resume {folder.File("run")}`\n", cut.Error);
        Tool resumed = Tool.Run("train", "--resume", folder.File("run"), "--threads", "2");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal("", resumed.Error);
        Assert.Contains("epoch 1 (2/2)", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(Weights(trained.Run), Weights(folder.File("run")));
    }

    [Fact]
    public void A_finished_run_says_so_and_goes_on_when_it_is_to_have_more_epochs()
    {
        Assert.Equal(0, Tool.Run(Arguments("run")).ExitCode);
        Tool finished = Tool.Run("train", "--resume", folder.File("run"));
        Assert.Equal(0, finished.ExitCode);
        Assert.Contains("is finished: 2 epochs, the best of them ", finished.Output, StringComparison.Ordinal);
        Assert.True(Tool.Json("train", "--resume", folder.File("run")).GetProperty("finished").GetBoolean());
        JsonElement longer = Tool.Json("train", "--resume", folder.File("run"), "--set", "train_fn.num_epochs=3");
        Assert.Equal(3, longer.GetProperty("epochs").GetArrayLength());
    }

    [Fact]
    public void What_a_run_cannot_go_on_with_is_refused()
    {
        Assert.Equal(0, Tool.Run(Arguments("run")).ExitCode);
        string run = folder.File("run"), other = folder.File("other.sequor");
        Assert.Contains("--out, --protocol cannot go with --resume", Tool.Refused("train", "--resume", run, "--out", folder.File("b"), "--protocol", "validation"), StringComparison.Ordinal);
        Assert.Contains("CONFIG cannot go with --resume", Tool.Refused("train", trained.Config, "--resume", run), StringComparison.Ordinal);
        Assert.Contains("train_fn.learning_rate (0.001 before, 0.5 now)", Tool.Refused("train", "--resume", run, "--set", "train_fn.learning_rate=0.5"), StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("prepare", "synthetic", "--users", "50", "--items-count", "50", "--mean-length", "8", "--out", other).ExitCode);
        Assert.Contains("goes on only with the same data", Tool.Refused("train", "--resume", run, "--data", other, "--set", "train_fn.num_epochs=3"), StringComparison.Ordinal);
        Assert.Contains("does not exist", Tool.Refused("train", "--resume", folder.File("nowhere")), StringComparison.Ordinal);
        Assert.Contains("holds no run", Tool.Refused("train", "--resume", folder.Path), StringComparison.Ordinal);
        Assert.Contains("'--out' is required", Tool.Run("train", trained.Config, "--data", trained.Store).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_was_moved_is_asked_for()
    {
        string store = folder.File("here.sequor");
        File.Copy(trained.Store, store);
        Assert.Equal(130, Tool.RunUntil([.. Arguments("run").Select(argument => argument == trained.Store ? store : argument)], new CancellationToken(canceled: true)).ExitCode);
        File.Move(store, folder.File("there.sequor"));
        string run = folder.File("run");
        Assert.Contains($"{store}, which is not there any more; say with --data", Tool.Refused("train", "--resume", run), StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("train", "--resume", run, "--data", folder.File("there.sequor")).ExitCode);
        Assert.Equal(Weights(trained.Run), Weights(run));
    }

    private static byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(run, "last", "model.safetensors"));

    private string[] Arguments(string run) =>
        ["train", trained.Config, "--data", trained.Store, "--out", folder.File(run), "--set", "train_fn.num_epochs=2", "--threads", "1"];
}
