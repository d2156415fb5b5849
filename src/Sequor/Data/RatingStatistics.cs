using System.Runtime.InteropServices;

namespace Sequor.Data;

/// <summary>What events are worth.</summary>
public sealed record RatingStatistics
{
    /// <summary>Most distinct ratings of which the counts are kept.</summary>
    public const int MostDistinct = 20;

    /// <summary>Distinct ratings, ascending, with their events; null when there are more than <see cref="MostDistinct"/>.</summary>
    public required IReadOnlyList<(float Rating, long Events)>? Counts { get; init; }

    /// <summary>Smallest rating.</summary>
    public required float Smallest { get; init; }

    /// <summary>Mean rating.</summary>
    public required double Mean { get; init; }

    /// <summary>Largest rating.</summary>
    public required float Largest { get; init; }
}

/// <summary>Gathers <see cref="RatingStatistics"/> user by user.</summary>
internal sealed class RatingCounter
{
    private readonly Dictionary<float, long> counts = [];
    private float smallest = float.PositiveInfinity;
    private float largest = float.NegativeInfinity;
    private double sum;
    private long events;

    /// <summary>Counts the ratings of a user.</summary>
    public void Add(ReadOnlySpan<float> ratings)
    {
        foreach (float rating in ratings)
        {
            smallest = Math.Min(smallest, rating);
            largest = Math.Max(largest, rating);
            sum += rating;
            // One more than are told is enough to know that there are too many.
            if (counts.Count <= RatingStatistics.MostDistinct) CollectionsMarshal.GetValueRefOrAddDefault(counts, rating, out _)++;
        }

        events += ratings.Length;
    }

    /// <summary>What was counted; null when there were no ratings.</summary>
    public RatingStatistics? Result() => events == 0 ? null : new RatingStatistics
    {
        Counts = counts.Count > RatingStatistics.MostDistinct ? null : [.. counts.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value))],
        Smallest = smallest,
        Mean = sum / events,
        Largest = largest,
    };
}
