using System.Globalization;
using Sequor.Storage;

namespace Sequor.Training.Checkpoints;

/// <summary>The checkpoints of a run, <c>checkpoints/step-0000001234</c> being the one behind 1,234 steps. The newest ones are kept.</summary>
internal sealed class CheckpointFolder(string path)
{
    private const string Prefix = "step-";

    /// <summary>Writes a checkpoint, and only then takes those away that are too many.</summary>
    /// <exception cref="InvalidInputException">The system refuses or the disk is full.</exception>
    internal void Write(TrainingState state, IReadOnlyList<CheckpointTensor> tensors, int kept)
    {
        Checkpoint.Write(Path.Combine(path, NameOf(state.Step)), state, tensors);
        foreach (string old in NewestFirst().Skip(kept)) AtomicDirectory.Remove(old);
    }

    /// <summary>The newest checkpoint whose every byte is as it was written; what is told of the damaged ones goes to <paramref name="notices"/>.</summary>
    /// <exception cref="InvalidInputException">There is none.</exception>
    internal (string Directory, TrainingState State) Newest(List<string> notices)
    {
        string[] all = NewestFirst();
        if (all.Length == 0)
            throw new InvalidInputException($"{path} holds no checkpoint to go on from: the run ended before its first one, or was not written by this version; remove it and train anew");
        foreach (string directory in all)
        {
            try
            {
                TrainingState state = Checkpoint.Verify(directory);
                return (directory, state);
            }
            catch (InvalidInputException damage)
            {
                notices.Add($"the checkpoint {Path.GetFileName(directory)} is damaged and passed over: {damage.Message}");
            }
        }

        throw new InvalidInputException($"none of the {all.Length} checkpoints in {path} can be used ({notices[^1]}); restore one from a copy, or train anew");
    }

    /// <summary>Takes away the checkpoints behind <paramref name="step"/>: damaged ones, which a run that went on from there would count among those to keep.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    internal void RemoveBehind(long step)
    {
        foreach (string checkpoint in NewestFirst().TakeWhile(checkpoint => string.CompareOrdinal(Path.GetFileName(checkpoint), NameOf(step)) > 0)) AtomicDirectory.Remove(checkpoint);
    }

    private static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D10}");

    private string[] NewestFirst() => Directory.Exists(path)
        ? [.. Directory.EnumerateDirectories(path, Prefix + "*").OrderDescending(StringComparer.Ordinal)]
        : [];
}
