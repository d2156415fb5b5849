using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sequor.Training.Checkpoints;
using Xunit;

namespace Sequor.Tests.Training.Checkpoints;

/// <summary>Checkpoints whose hash is right and whose state no training could have written.</summary>
public sealed class HostileCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SmallRuns runs;

    public HostileCheckpointTests()
    {
        runs = new SmallRuns(folder);
        Assert.True(runs.FitUntil(7, SmallRuns.Config("train_fn.checkpoint_every_seconds = 0"), "run"));
        // One checkpoint is left: a damaged one is passed over for an older one.
        foreach (string older in Directory.GetDirectories(Path.Combine(runs.Path("run"), "checkpoints")).Order(StringComparer.Ordinal).SkipLast(1)) Directory.Delete(older, recursive: true);
    }

    public void Dispose()
    {
        runs.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("step", "-1", "counts below zero")]
    [InlineData("metricsLength", "-1", "counts below zero")]
    [InlineData("logLength", "-9223372036854775808", "counts below zero")]
    [InlineData("elapsed", "\"-01:00:00\"", "counts below zero")]
    [InlineData("bestEpoch", "7", "calls epoch 7 the best of")]
    [InlineData("bestEpoch", "-1", "calls epoch -1 the best of")]
    [InlineData("epochs", "[null]", "does not say what epoch 0 came to")]
    [InlineData("epochs", "[]", "behind 0 epochs")]
    [InlineData("protocol", "77", "names the protocol 77")]
    [InlineData("epoch", "{}", "is in epoch 0 behind 1 epochs")]
    [InlineData("configuration", "null", "cannot be read")]
    [InlineData("formatVersion", "9", "has format version 9")]
    public void A_state_that_cannot_be_is_refused(string name, string value, string message)
    {
        ChangeState(state => state[name] = JsonNode.Parse(value));
        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    public void A_state_that_is_none_is_refused(string state)
    {
        Change(_ => state);
        Assert.Contains("none of the 1 checkpoints", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_include_no_file()
    {
        ChangeState(state => state["configuration"] = "include '/etc/hostname'\n");
        using InterruptedRun run = InterruptedRun.Open(runs.Path("run"));
        Assert.Contains("such a text includes nothing", Assert.Throws<InvalidInputException>(() => run.Configuration()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Checkpoint.FileName)]
    [InlineData(Checkpoint.TensorsFileName)]
    public void A_link_that_leads_out_is_not_followed(string name)
    {
        string path = Path.Combine(Directory.GetDirectories(Path.Combine(runs.Path("run"), "checkpoints")).Single(), name);
        File.Move(path, folder.File("outside"));
        File.CreateSymbolicLink(path, folder.File("outside"));
        Assert.Contains("is a link that may lead out of", Refusal(), StringComparison.Ordinal);
    }

    private string Refusal() => Assert.Throws<InvalidInputException>(() => InterruptedRun.Open(runs.Path("run"))).Message;

    private void ChangeState(Action<JsonObject> change) => Change(text =>
    {
        JsonObject state = JsonNode.Parse(text)!.AsObject();
        change(state);
        return state.ToJsonString();
    });

    private void Change(Func<string, string> change)
    {
        string directory = Directory.GetDirectories(Path.Combine(runs.Path("run"), "checkpoints")).Single(), path = Path.Combine(directory, Checkpoint.TensorsFileName);
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        JsonNode header = JsonNode.Parse(file.AsSpan(8, length))!;
        header["__metadata__"]!["sequor.state"] = change((string)header["__metadata__"]!["sequor.state"]!);
        byte[] changed = Encoding.UTF8.GetBytes(header.ToJsonString()), prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, changed.Length);
        byte[] made = [.. prefix, .. changed, .. file[(8 + length)..]];
        File.WriteAllBytes(path, made);
        File.WriteAllText(Path.Combine(directory, Checkpoint.FileName), $$"""{"name":"state.safetensors","length":{{made.Length}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(made))}}"}""");
    }
}
