using System.Diagnostics;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class KilledTrainingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_training_killed_at_any_moment_goes_on_to_the_weights_of_an_undisturbed_one()
    {
        string store = Tool.Store(folder), config = folder.Write("tiny.gin", TrainedRun.TinyConfig(epochs: 40) + "\ntrain_fn.checkpoint_every_seconds = 0");
        ToolProcess.Finish(ToolProcess.Start(Arguments("whole")));
        byte[] expected = Weights("whole");
        int killed = 0;
        for (int i = 0; i < 4; i++)
        {
            string name = $"part {i}";
            using (Process process = ToolProcess.Start(Arguments(name)))
            {
                // A moment of the training itself, however long the process takes to come to it.
                while (!process.HasExited && Epochs(name) < 12 * i + 1) Thread.Sleep(2);
                Thread.Sleep(7 * i);
                if (!process.HasExited) killed++;
                process.Kill();
                process.WaitForExit();
            }

            ToolProcess.Finish(ToolProcess.Start(["train", "--resume", folder.File(name), "--threads", "1"]));
            Assert.Equal(expected, Weights(name));
            Assert.Equal(Epochs("whole"), Epochs(name));
        }

        Assert.True(killed > 0, "every run was over before it could be killed");

        string[] Arguments(string name) => ["train", config, "--data", store, "--out", folder.File(name), "--threads", "1"];
    }

    private int Epochs(string name)
    {
        string metrics = Path.Combine(folder.File(name), "metrics.jsonl");
        return File.Exists(metrics) ? File.ReadLines(metrics).Count() : 0;
    }

    private byte[] Weights(string name) => File.ReadAllBytes(Path.Combine(folder.File(name), "last", "model.safetensors"));
}
