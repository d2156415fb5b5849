#pragma warning disable
using Sequor.Artifacts; using Sequor.Configuration; using Sequor.Data; using Sequor.Kernels; using Sequor.Evaluation; using Sequor.Modeling;
namespace Sequor.Training {
public sealed class Trainer : IDisposable {
  public Trainer(ExperimentConfig config, SequenceStore store, EvaluationProtocol protocol, WorkerPool workers) { }
  public TrainingResult Fit(string runDirectory, IProgress<TrainingProgress>? progress = null, Action<EpochResult>? onEpoch = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();
  public void Dispose() {} }
public readonly record struct TrainingProgress(string Stage, int Epoch, int EpochCount, long Done, long Total, double Loss, double TokensPerSecond);
public sealed record EpochResult(int Epoch, double Loss, EvaluationReport? Report, TimeSpan TrainTime, TimeSpan EvaluationTime);
public sealed record TrainingResult(IReadOnlyList<EpochResult> Epochs, EpochResult Best, EpochResult Last, TimeSpan Elapsed);
public static class RunDirectory { public static string FindModel(string runOrModel) => File.Exists(Path.Combine(runOrModel, "manifest.json")) ? runOrModel : throw new InvalidInputException($"{runOrModel} is neither a run nor a model"); }
}
namespace Sequor.Evaluation {
public sealed record EvaluationReport { public string Protocol {get;init;} public string Split {get;init;} public string Fingerprint{get;init;} public int Epoch{get;init;} public int UserCount{get;init;} public int SkippedUserCount{get;init;} public int ItemCount{get;init;} public IReadOnlyDictionary<string,double> Metrics{get;init;} }
public static class Evaluator {
  public static EvaluationReport Evaluate(RecommenderModel model, LeaveOneOut view, EvaluationOptions options, IProgress<long>? usersDone = null, CancellationToken ct = default) => throw new NotImplementedException();
  public static EvaluationReport EvaluatePopularity(LeaveOneOut training, LeaveOneOut view, EvaluationOptions options) => throw new NotImplementedException(); }
public sealed record EvaluationOptions { public int BatchSize {get;init;} = 128; public WorkerPool Workers {get;init;} = WorkerPool.Shared; public string Protocol {get;init;} = "reference"; public string Split {get;init;} = "test"; public int Epoch{get;init;} public int? MaxBatches{get;init;} }
}
namespace Sequor.Artifacts {
public sealed class ModelArtifact : IDisposable { public void Dispose() {} public RecommenderModel Model {get;} public ItemVocabulary Items {get;} public ArtifactManifest Manifest{get;} public static ModelArtifact Load(string directory) => throw new NotImplementedException(); } }
namespace Sequor.Serving {
public sealed class Recommender { public Recommender(ModelArtifact artifact, WorkerPool? workers = null) {} public static Recommender Load(string directory) => throw new NotImplementedException();
  public IReadOnlyList<Recommendation> Recommend(ReadOnlySpan<int> items, ReadOnlySpan<long> timestamps, int k = 10, long? at = null) => throw new NotImplementedException(); public ItemVocabulary Items {get;} public ArtifactManifest Manifest {get;} }
public readonly record struct Recommendation(int ItemIndex, string ItemId, string? Title, float Score);
}
