using System.Text.Json;

namespace Sequor.Cli.Tests;

/// <summary>A tiny model trained once for all tests that need one.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>An experiment that takes no time.</summary>
    public static string TinyConfig(int epochs) => $"""
        train_fn.main_module = "HSTU"
        train_fn.max_sequence_length = 12
        train_fn.item_embedding_dim = 8
        hstu_encoder.num_blocks = 1
        hstu_encoder.dqk = 8
        hstu_encoder.dv = 8
        train_fn.num_negatives = 8
        train_fn.local_batch_size = 16
        train_fn.num_epochs = {epochs}
        """;

    public TrainedRun()
    {
        Store = Tool.Store(folder);
        Config = folder.Write("tiny.gin", TinyConfig(epochs: 50));
        Run = folder.File("run");
        Result = Tool.Json("train", Config, "--data", Store, "--out", Run, "--set", "train_fn.num_epochs=2", "--threads", "1");
    }

    public string Store { get; }

    public string Config { get; }

    public string Run { get; }

    /// <summary>What <c>train --json</c> printed.</summary>
    public JsonElement Result { get; }

    public void Dispose() => folder.Dispose();
}
