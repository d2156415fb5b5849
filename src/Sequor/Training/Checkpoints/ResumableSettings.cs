using Sequor.Configuration;

namespace Sequor.Training.Checkpoints;

/// <summary>
/// The settings that a run may change on its way: those that say how long it goes on, what it keeps, and where. Any other would give a result that no
/// uninterrupted run gives.
/// </summary>
internal static class ResumableSettings
{
    private static readonly string[] s_free =
        ["train_fn.num_epochs", "train_fn.early_stopping_patience", "train_fn.checkpoint_every_seconds", "train_fn.num_checkpoints", "train_fn.save_ckpt_every_n", "train_fn.embedding_sharding", "train_fn.tensorboard"];

    /// <summary>Refuses what a run cannot take over.</summary>
    /// <param name="before">Its settings so far.</param>
    /// <param name="now">Those it is to go on with.</param>
    /// <param name="begunEpochs">Epochs that are over or under way.</param>
    /// <exception cref="InvalidInputException">A setting that changes results differs, or the run is longer already.</exception>
    internal static void Check(ExperimentConfig before, ExperimentConfig now, int begunEpochs)
    {
        string[] differences = [.. Differences(before, now)];
        if (differences.Length > 0)
            throw new InvalidInputException($"a run goes on with the settings that it began with, and these differ: {string.Join(", ", differences)}; what may change is {string.Join(", ", s_free)}; for others train anew, perhaps with --init-from");
        if (now.Training.EpochCount < begunEpochs && now.Training.EpochCount < before.Training.EpochCount)
            throw new InvalidInputException($"train_fn.num_epochs = {now.Training.EpochCount} must be at least {begunEpochs}, the epochs that the run has begun");
    }

    private static IEnumerable<string> Differences(ExperimentConfig before, ExperimentConfig now)
    {
        foreach (GinSetting setting in GinSettings.All)
        {
            if (setting.Write is not { } write || s_free.Contains(setting.Name)) continue;
            string old = write(before).ToString()!, wanted = write(now).ToString()!;
            if (old != wanted) yield return $"{setting.Name} ({old} before, {wanted} now)";
        }
    }
}
