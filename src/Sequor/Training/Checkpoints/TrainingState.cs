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
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TrainingState))]
[JsonSerializable(typeof(ArtifactFile))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
