using Sequor.Artifacts;
using Sequor.Evaluation;

namespace Sequor.Training;

/// <summary>Where a run stands.</summary>
/// <param name="Stage"><c>train</c> or <c>evaluate</c>.</param>
/// <param name="Epoch">Epoch, counted from 0.</param>
/// <param name="EpochCount">Epochs of the run.</param>
/// <param name="Done">Users done in this stage of the epoch.</param>
/// <param name="Total">Users of this stage.</param>
/// <param name="Loss">Mean loss of the epoch so far.</param>
/// <param name="TokensPerSecond">Training throughput of the epoch so far.</param>
public readonly record struct TrainingProgress(string Stage, int Epoch, int EpochCount, long Done, long Total, double Loss, double TokensPerSecond);

/// <summary>What an epoch came to.</summary>
/// <param name="Epoch">Epoch, counted from 0.</param>
/// <param name="Loss">Mean loss over its steps.</param>
/// <param name="Report">Evaluation behind it.</param>
/// <param name="TrainTime">Time of the steps.</param>
/// <param name="EvaluationTime">Time of the evaluation.</param>
public sealed record EpochResult(int Epoch, double Loss, EvaluationReport Report, TimeSpan TrainTime, TimeSpan EvaluationTime);

/// <summary>What a run came to.</summary>
/// <param name="Epochs">All epochs.</param>
/// <param name="Best">The epoch with the highest NDCG@10 among those evaluated on everyone; its weights are in <c>best/</c>.</param>
/// <param name="Last">The last epoch; its weights are in <c>last/</c>.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="Test">The best epoch on the last event, under the validation protocol; null under the reference's.</param>
/// <param name="InitialModel">The model that it went on from; null when it began with drawn weights.</param>
public sealed record TrainingResult(
    IReadOnlyList<EpochResult> Epochs, EpochResult Best, EpochResult Last, TimeSpan Elapsed, EvaluationReport? Test, InitialModel? InitialModel = null);
