using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Evaluation;
using Sequor.Training;

namespace Sequor.Cli.Reports;

/// <summary>A run with what it wrote about itself and what its best model does for every user.</summary>
/// <param name="Name">What it is called beside the others.</param>
/// <param name="Path">Folder of the run or of a model.</param>
/// <param name="Record">What it wrote about itself.</param>
/// <param name="Manifest">Its best model.</param>
/// <param name="Config">The settings of that model.</param>
/// <param name="Parameters">Numbers that it has learned.</param>
/// <param name="Outcomes">What it does for every user.</param>
/// <param name="EvaluationTime">What that took.</param>
internal sealed record ComparedRun(
    string Name, string Path, RunRecord Record, ArtifactManifest Manifest, ExperimentConfig Config, long Parameters, UserOutcomes Outcomes, TimeSpan EvaluationTime)
{
    /// <summary>Encoder and similarity in a few words.</summary>
    public string Architecture => $"{EncoderNames.Of(Config.Model.Encoder)}, {(Config.Model.Similarity == Modeling.SimilarityKind.DotProduct ? "dot product" : "mixture of logits")}";

    /// <summary>Time of all training steps.</summary>
    public TimeSpan TrainTime => TimeSpan.FromSeconds(Record.Epochs.Sum(epoch => epoch.GetValueOrDefault("train_seconds")));
}
