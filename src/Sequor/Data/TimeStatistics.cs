namespace Sequor.Data;

/// <summary>When events happened.</summary>
public sealed record TimeStatistics
{
    /// <summary>Oldest time, in seconds since 1970 or the source's own unit.</summary>
    public required long First { get; init; }

    /// <summary>Newest time, in the same unit.</summary>
    public required long Last { get; init; }

    /// <summary>Neighbouring events of a user with the same time.</summary>
    public required long TieCount { get; init; }

    /// <summary>Neighbouring events of a user: the events without the first of each user.</summary>
    public required long NeighbourCount { get; init; }

    /// <summary>Share of neighbouring events with the same time, whose order the times do not tell; 0 without neighbours.</summary>
    public double TieShare => NeighbourCount == 0 ? 0 : (double)TieCount / NeighbourCount;
}

/// <summary>Gathers <see cref="TimeStatistics"/> user by user.</summary>
internal sealed class TimeCounter
{
    private long first = long.MaxValue;
    private long last = long.MinValue;
    private long ties;
    private long neighbours;

    /// <summary>Counts the times of a user, oldest first.</summary>
    public void Add(ReadOnlySpan<long> timestamps)
    {
        if (timestamps.IsEmpty) return;
        first = Math.Min(first, timestamps[0]);
        last = Math.Max(last, timestamps[^1]);
        neighbours += timestamps.Length - 1;
        for (int i = 1; i < timestamps.Length; i++)
            if (timestamps[i] == timestamps[i - 1]) ties++;
    }

    /// <summary>What was counted; null when there were no times.</summary>
    public TimeStatistics? Result() =>
        first > last ? null : new TimeStatistics { First = first, Last = last, TieCount = ties, NeighbourCount = neighbours };
}
