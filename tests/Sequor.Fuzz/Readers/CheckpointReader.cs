using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sequor.Autograd;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Fuzz.Mutation;
using Sequor.Training;
using Sequor.Training.Checkpoints;

namespace Sequor.Fuzz.Readers;

/// <summary>Checkpoints of a run: mostly the state in the header, with a hash that is right.</summary>
internal sealed class CheckpointReader : FuzzReader
{
    private const string Folder = "checkpoints/step-0000000007", State = Folder + "/state.safetensors", Description = Folder + "/checkpoint.json", StateKey = "sequor.state";
    private static readonly string[] s_names = ["step", "epoch", "epochs", "bestEpoch", "metricsLength", "configuration", "formatVersion", "protocol", "elapsed", "report", "metrics", "number", "position"];
    private readonly byte[] _state, _description;
    private readonly Parameter _weights = new("w", [2, 3]);

    public CheckpointReader(Workspace workspace) : base("checkpoint", workspace)
    {
        var report = new EvaluationReport
        {
            Protocol = "reference", Split = "test", Fingerprint = "f", Epoch = 0, UserCount = 5, SkippedUserCount = 1, ItemCount = 9, Metrics = new Dictionary<string, double> { ["ndcg@10"] = 0.25, ["hr@10"] = 0.5 },
        };
        var state = new TrainingState
        {
            Creator = "fuzz", Simd = "none", Configuration = new ExperimentConfig().ToGin(), DataPath = "/data.sequor", DataFingerprint = "f", Protocol = EvaluationProtocol.Reference, Step = 7,
            Epoch = new EpochState(1, 3, 2, 3, 9, 1.5, TimeSpan.FromSeconds(1)), Epochs = [new EpochResult(0, 2.5, report, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1))], BestEpoch = 0, Elapsed = TimeSpan.FromSeconds(5), MetricsLength = 10, LogLength = 20,
        };
        Checkpoint.Write(workspace.At(Folder), state, Tensors);
        _state = File.ReadAllBytes(workspace.At(State));
        _description = File.ReadAllBytes(workspace.At(Description));
        Directory.Delete(workspace.At("checkpoints"), recursive: true);
    }

    private List<CheckpointTensor> Tensors => [new("w", _weights.Value)];

    // The settings are read with a table of all names.
    public override long AllowedBytes(long size) => (4 << 20) + 64 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        FuzzInput input = FuzzInput.Of(State, _state);
        input.Files.Add(Description, _description);
        if (random.Once(8)) input.Files[Description] = random.Once(2) ? JsonMutator.Mutate(random, _description, ["name", "length", "sha256"]) : ByteMutator.Mutate(random, _description);
        else if (random.Once(8)) input.Files[State] = ByteMutator.Mutate(random, _state);
        else input.Files[State] = ChangeHeader(random);
        if (random.Once(40)) input.Links.Add(random.Of<string>([State, Description]), random.Of<string>(Workspace.Traps));
        if (ReferenceEquals(input.Files[Description], _description) && !random.Once(20))
            input.Files[Description] = Encoding.UTF8.GetBytes($$"""{"name":"state.safetensors","length":{{input.Files[State].Length}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(input.Files[State]))}}"}""");
        return input;
    }

    public override void Read(FuzzInput input)
    {
        using InterruptedRun run = InterruptedRun.Open(Workspace.Folder);
        TrainingState state = run.State;
        Require(state.Step >= 0 && state.MetricsLength >= 0 && state.LogLength >= 0 && state.Elapsed >= TimeSpan.Zero, "a count below zero");
        Require(state.Epoch.Number == state.Epochs.Count && state.Epoch.Position >= 0 && state.Epoch.Users >= 0 && state.Epoch.Tokens >= 0 && state.Epoch.Steps >= 0 && state.Epoch.TrainTime >= TimeSpan.Zero, "an epoch that cannot be");
        Require(Enum.IsDefined(run.Protocol), "a protocol that there is not");
        _ = (run.Best?.Report.Metrics["ndcg@10"] ?? 0) + run.Epochs.Sum(epoch => epoch.Report.Metrics["ndcg@10"]) + run.DataPath.Length + run.StepCount;
        _ = run.IsFinished(run.Configuration(["train_fn.num_epochs=1000"]));
        Checkpoint.Read(run.Checkpoint, Tensors);
    }

    public override void Dispose()
    {
        _weights.Dispose();
        base.Dispose();
    }

    private byte[] ChangeHeader(FuzzRandom random)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(_state);
        byte[] header = _state[8..(8 + length)], data = _state[(8 + length)..];
        JsonNode root = JsonNode.Parse(header)!;
        if (random.Once(6)) header = JsonMutator.Mutate(random, header, ["__metadata__", StateKey, "dtype", "shape", "data_offsets"]);
        else
        {
            string state = (string)root["__metadata__"]![StateKey]!;
            if (random.Once(5))
            {
                JsonNode parsed = JsonNode.Parse(state)!;
                parsed["configuration"] = TextMutator.Mutate(random, (string)parsed["configuration"]!, ["include '../../../../canary.gin'\n", "train_fn.num_epochs"]).Replace('\ud800', ' ');
                state = parsed.ToJsonString();
            }
            else state = Encoding.UTF8.GetString(JsonMutator.Mutate(random, Encoding.UTF8.GetBytes(state), s_names));

            root["__metadata__"]![StateKey] = state;
            header = Encoding.UTF8.GetBytes(root.ToJsonString());
        }

        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. random.Once(8) ? ByteMutator.Mutate(random, data) : data];
    }
}
