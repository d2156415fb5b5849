namespace Sequor.Training.Events;

/// <summary>
/// The messages that TensorBoard reads. Field numbers are those of <c>event.proto</c>, <c>summary.proto</c> and <c>tensor.proto</c> of TensorFlow.
/// </summary>
internal static class EventMessage
{
    private const int StringTensor = 7;
    private const int SessionStart = 1;

    /// <summary>The first message of every file.</summary>
    internal static ProtoMessage Version(double wallTime) => Event(wallTime, 0).Add(3, "brain.Event:2");

    /// <summary>Says that what stands in earlier files at <paramref name="step"/> or behind it does not count.</summary>
    internal static ProtoMessage Start(double wallTime, long step) => Event(wallTime, step).Add(7, new ProtoMessage().Add(1, SessionStart));

    /// <summary>Numbers by their tags, all at one step.</summary>
    internal static ProtoMessage Scalars(double wallTime, long step, IEnumerable<KeyValuePair<string, double>> values)
    {
        var summary = new ProtoMessage();
        foreach (var (tag, value) in values) summary.Add(1, new ProtoMessage().Add(1, tag).Add(2, (float)value));
        return Event(wallTime, step).Add(5, summary);
    }

    /// <summary>A text in Markdown, for the page of texts.</summary>
    internal static ProtoMessage Text(double wallTime, long step, string tag, string markdown)
    {
        ProtoMessage shape = new ProtoMessage().Add(2, new ProtoMessage().Add(1, 1L));
        ProtoMessage tensor = new ProtoMessage().Add(1, StringTensor).Add(2, shape).Add(8, markdown);
        ProtoMessage metadata = new ProtoMessage().Add(1, new ProtoMessage().Add(1, "text"));
        return Event(wallTime, step).Add(5, new ProtoMessage().Add(1, new ProtoMessage().Add(1, tag).Add(8, tensor).Add(9, metadata)));
    }

    // A step of 0 is what is absent.
    private static ProtoMessage Event(double wallTime, long step)
    {
        ProtoMessage message = new ProtoMessage().Add(1, wallTime);
        return step == 0 ? message : message.Add(2, step);
    }
}
