namespace Sequor.Training.Checkpoints;

/// <summary>When a run is over: a function of its settings and of where it stands.</summary>
internal static class RunEnd
{
    /// <summary>Whether no epoch is to follow.</summary>
    internal static bool IsReached(TrainingConfig config, EpochState epoch, int? best) =>
        epoch.Number >= config.EpochCount || HasStalled(config, epoch, best);

    /// <summary>Whether an epoch has just ended that was evaluated on everyone, and the best is as far behind as patience reaches.</summary>
    internal static bool HasStalled(TrainingConfig config, EpochState epoch, int? best) =>
        config.EarlyStoppingPatience > 0 && epoch.Position == 0 && best is { } bestEpoch
        && epoch.Number - 1 - bestEpoch >= config.EarlyStoppingPatience && IsFull(config, epoch.Number - 1);

    /// <summary>Whether an epoch is evaluated on everyone.</summary>
    internal static bool IsFull(TrainingConfig config, int epoch) => epoch % config.FullEvaluationEvery == 0 || epoch == config.EpochCount - 1;
}
