namespace Sequor.Training.Checkpoints;

/// <summary>What the steps of an epoch have come to so far.</summary>
/// <param name="Number">The epoch, counted from 0.</param>
/// <param name="Position">Place in the order of its users behind those that were used.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Users">Users in their batches.</param>
/// <param name="Tokens">Events in their batches.</param>
/// <param name="LossSum">Sum of the steps' losses.</param>
/// <param name="TrainTime">Time of the steps.</param>
internal readonly record struct EpochState(int Number, int Position, long Steps, long Users, long Tokens, double LossSum, TimeSpan TrainTime)
{
    /// <summary>Mean loss over the steps; 0 before the first.</summary>
    internal double Loss => LossSum / Math.Max(Steps, 1);

    /// <summary>The beginning of an epoch.</summary>
    internal static EpochState Of(int number) => new(number, 0, 0, 0, 0, 0, default);
}
