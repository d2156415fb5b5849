using Sequor.Autograd;

namespace Sequor.Training.Checkpoints;

/// <summary>An array in a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its values; each row is read or filled once, in order.</param>
internal sealed record CheckpointTensor(string Name, Matrix Value)
{
    /// <summary>Told a row before it is read; null where all are there.</summary>
    internal Action<int>? BeforeRead { get; init; }

    /// <summary>Told a row after it has been filled; null where all stay.</summary>
    internal Action<int>? AfterFill { get; init; }
}
