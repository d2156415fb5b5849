namespace Sequor.Modeling;

/// <summary>
/// What the newest of n events looked at (<see cref="RecommenderModel.Trace"/>), for people who ask why: n floats each, oldest event first.
/// Of an event that is two tokens it is the sum of both.
/// </summary>
public sealed class AttentionTrace
{
    internal AttentionTrace(int events) => (Share, Content, Position, Time) = (new float[events], new float[events], new float[events], new float[events]);

    /// <summary>
    /// Share of each event in what the newest one read: |attention weight| · ‖value‖, summed over the layers and heads, of all of these sums. Adds up
    /// to 1; even where nothing was read.
    /// </summary>
    public float[] Share { get; }

    /// <summary>
    /// What query and key add to the score, in front of its nonlinearity and under its scale: mean over layers and heads. Zeros where the encoder has no
    /// queries.
    /// </summary>
    public float[] Content { get; }

    /// <summary>What the distance adds to the score, or, in FuXi, weighs itself: mean over layers and heads. Zeros where the encoder does not ask for it.</summary>
    public float[] Position { get; }

    /// <summary>What the time since the event adds to the score, or, in FuXi, weighs itself: mean over layers and heads. Zeros where encoder or history have no times.</summary>
    public float[] Time { get; }
}
