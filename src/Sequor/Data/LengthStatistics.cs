namespace Sequor.Data;

/// <summary>How many events users have. A percentile is the smallest length that at least this share of the users do not exceed.</summary>
public sealed record LengthStatistics
{
    /// <summary>Lengths that occur, ascending, with their users.</summary>
    public required IReadOnlyList<(int Length, int Users)> Histogram { get; init; }

    /// <summary>Mean events a user; 0 without users.</summary>
    public required double Mean { get; init; }

    /// <summary>Events of the shortest user; 0 without users.</summary>
    public int Smallest => Histogram is [var first, ..] ? first.Length : 0;

    /// <summary>Events of the longest user; 0 without users.</summary>
    public int Largest => Histogram is [.., var last] ? last.Length : 0;

    /// <summary>The smallest length that at least <paramref name="percent"/> of a hundred users do not exceed; 0 without users.</summary>
    public int Percentile(int percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        long users = 0, all = Histogram.Sum(entry => (long)entry.Users);
        foreach ((int length, int count) in Histogram)
        {
            users += count;
            if (100 * users >= percent * all) return length;
        }

        return 0;
    }

    /// <summary>From the number of users of each length that occurs.</summary>
    internal static LengthStatistics Of(IReadOnlyDictionary<int, int> usersOfLengths)
    {
        (int Length, int Users)[] histogram = [.. usersOfLengths.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value))];
        long users = histogram.Sum(entry => (long)entry.Users), events = histogram.Sum(entry => (long)entry.Length * entry.Users);
        return new LengthStatistics { Histogram = histogram, Mean = users == 0 ? 0 : (double)events / users };
    }
}
