namespace Sequor.Modeling;

/// <summary>
/// What the newest event of a history of n events looked at, oldest event first: for people who ask why. Arrays of n floats.
/// </summary>
public sealed class AttentionTrace
{
    internal AttentionTrace(int length) => (Share, Content, Position, Time) = (new float[length], new float[length], new float[length], new float[length]);

    /// <summary>Share of each event in what the newest one read: Σ over layers and heads of |weight| · ‖value‖. Sums to 1.</summary>
    public float[] Share { get; }

    /// <summary>Mean over layers and heads of query · key, scaled as the encoder scales it; zeros where the encoder has none.</summary>
    public float[] Content { get; }

    /// <summary>Mean over layers and heads of what the distance of the event adds to the score; zeros where the encoder has none.</summary>
    public float[] Position { get; }

    /// <summary>Mean over layers and heads of what the age of the event adds to the score; zeros where encoder or history have no times.</summary>
    public float[] Time { get; }
}
