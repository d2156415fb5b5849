using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;
using Sequor.Evaluation;
using Sequor.Kernels;
using Sequor.Retrieval;

namespace Sequor.Cli;

/// <summary>A model's report and that of the most popular items, on the same users.</summary>
internal sealed record ModelEvaluation(EvaluationReport Model, EvaluationReport Popularity)
{
    public static ModelEvaluation Run(
        Terminal terminal, ModelArtifact artifact, SequenceStore store, EvaluationProtocol protocol, TopKMethod? topK, int? threadCount, bool json)
    {
        ExperimentConfig config = ExperimentConfig.FromGin(artifact.Manifest.Configuration, ArtifactManifest.FileName).Config;
        LeaveOneOut view = LeaveOneOut.Test(store, config.Model.MaxSequenceLength);
        LeaveOneOut training = LeaveOneOut.Train(store, protocol, config.Model.MaxSequenceLength);
        WorkerPool workers = CommonOptions.Workers(threadCount);
        try
        {
            var options = new EvaluationOptions
            {
                BatchSize = config.Training.EvaluationBatchSize,
                Workers = workers,
                TopKMethod = topK ?? config.TopK,
                Protocol = CommonOptions.NameOf(protocol),
                Epoch = artifact.Manifest.Epoch,
            };
            return ProgressBars.Show(terminal, json, bars => new ModelEvaluation(
                Evaluator.Evaluate(
                    artifact.Model, view, options, bars.Forward<long>((bar, done) => bar.Report("evaluate", done, store.UserCount)), terminal.Cancellation),
                Evaluator.EvaluatePopularity(training, view, options)));
        }
        finally
        {
            if (threadCount is not null) workers.Dispose();
        }
    }

    public void Draw(Terminal terminal)
    {
        terminal.Draw(ReportOutput.Table(("model", Model), ("popularity", Popularity)));
        terminal.Say(ReportOutput.Caption(Model));
    }
}
