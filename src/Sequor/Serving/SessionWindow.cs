namespace Sequor.Serving;

/// <summary>
/// Which events of a growing history a session shows to the model. Positions count from the left, so a window that moved with every event
/// would have to be computed anew each time; this one moves in steps.
/// </summary>
/// <remarks>
/// Up to max_sequence_length, L, it is the whole history. Behind that the oldest <c>step</c> events are dropped at a time: the window has
/// L − step + 1 … L events, and one append in <c>step</c> is computed in full. It never grows beyond L, as the model has not learned positions behind it.
/// It is a function of the number of events alone, so a session that is opened anew goes on as the old one would have.
/// </remarks>
internal static class SessionWindow
{
    /// <summary>Events dropped at a time: a sixteenth of the window.</summary>
    internal static int Step(int maxSequenceLength) => Math.Max(1, maxSequenceLength / 16);

    /// <summary>Index of the first event of the window in a history of <paramref name="eventCount"/>.</summary>
    internal static int First(int eventCount, int maxSequenceLength)
    {
        int step = Step(maxSequenceLength), excess = Math.Max(0, eventCount - maxSequenceLength);
        return (excess + step - 1) / step * step;
    }
}
