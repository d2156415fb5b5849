using Sequor.Autograd;

namespace Sequor.Training.Checkpoints;

/// <summary>An array in a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its values; each row is read or filled once, in order.</param>
internal sealed record CheckpointTensor(string Name, Matrix Value)
{
    /// <summary>The rows that this process holds, or the floats, of a matrix of one row that is dealt out; all rows, as a rule.</summary>
    internal (int First, int End) Here { get; init; } = (0, Value.Rows);

    /// <summary>Whether <see cref="Here"/> counts floats.</summary>
    internal bool CountsFloats => Value.Rows == 1 && BeforeRead is not null;

    /// <summary>Told a row before it is read; null where all are there.</summary>
    internal Action<int>? BeforeRead { get; init; }

    /// <summary>Told a row after it has been filled; null where all stay.</summary>
    internal Action<int>? AfterFill { get; init; }
}
