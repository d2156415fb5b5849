using System.Text.Json.Serialization;
using Sequor.Artifacts;
using Sequor.Data;

namespace Sequor.Training.Checkpoints;

/// <summary>
/// Where a training stands, beside its weights and moments: all that the rest of it depends on, every random draw being a function of
/// (seed, purpose, step or epoch, place).
/// </summary>
internal sealed record TrainingState
{
    /// <summary>The newest format this program reads, and the one it writes.</summary>
    internal const int CurrentFormatVersion = 1;

    /// <summary>Format of the checkpoint.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>Name and version of the program.</summary>
    public required string Creator { get; init; }

    /// <summary>Width of the vectors that it computed with.</summary>
    public required string Simd { get; init; }

    /// <summary>Every setting of the experiment, as gin text.</summary>
    public required string Configuration { get; init; }

    /// <summary>Full path of the store.</summary>
    public required string DataPath { get; init; }

    /// <summary>Fingerprint of the store.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Evaluation protocol.</summary>
    public required EvaluationProtocol Protocol { get; init; }

    /// <summary>The model that the training began with; null when weights were drawn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InitialModel? InitialModel { get; init; }

    /// <summary>Steps taken.</summary>
    public required long Step { get; init; }

    /// <summary>The epoch that is under way, from its beginning to the end of its evaluation.</summary>
    public required EpochState Epoch { get; init; }

    /// <summary>The epochs that are over.</summary>
    public required IReadOnlyList<EpochResult> Epochs { get; init; }

    /// <summary>The best of them; null before the first.</summary>
    public required int? BestEpoch { get; init; }

    /// <summary>Wall time so far.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Bytes of <c>metrics.jsonl</c>: what stands behind them, a training that goes on from here writes again.</summary>
    public required long MetricsLength { get; init; }

    /// <summary>Bytes of <c>log.txt</c>.</summary>
    public required long LogLength { get; init; }

    /// <summary>What no training that this program wrote could say; null if there is nothing.</summary>
    [JsonIgnore]
    internal string? Fault
    {
        get
        {
            if (!Enum.IsDefined(Protocol)) return $"names the protocol {(int)Protocol}, which there is not";
            if (Step < 0 || MetricsLength < 0 || LogLength < 0 || Elapsed < TimeSpan.Zero) return "counts below zero";
            if (Epoch.Position < 0 || Epoch.Steps < 0 || Epoch.Users < 0 || Epoch.Tokens < 0 || Epoch.TrainTime < TimeSpan.Zero) return "is at a place of an epoch that there is not";
            if (Epoch.Number != Epochs.Count) return $"is in epoch {Epoch.Number} behind {Epochs.Count} epochs";
            for (int i = 0; i < Epochs.Count; i++)
                if (Epochs[i] is not { Report.Metrics: { } metrics } epoch || epoch.Epoch != i || !metrics.ContainsKey(Trainer.SelectionMetric)) return $"does not say what epoch {i} came to";
            return BestEpoch is { } best && (best < 0 || best >= Epochs.Count) ? $"calls epoch {best} the best of {Epochs.Count}" : null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainingState))]
[JsonSerializable(typeof(ArtifactFile))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
