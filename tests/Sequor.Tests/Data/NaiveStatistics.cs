namespace Sequor.Tests.Data;

/// <summary>The definitions of the statistics, written down without thought of cost.</summary>
internal sealed class NaiveStatistics((int Item, int Rating, int Time)[][] users, int itemCount)
{
    private IEnumerable<(int Item, int Rating, int Time)> All => users.SelectMany(events => events);

    public int[] Lengths => [.. users.Select(events => events.Length).Order()];

    public long[] Counts => [.. Enumerable.Range(0, itemCount + 1).Select(item => All.LongCount(e => e.Item == item))];

    public long RepeatCount => users.Sum(events => events.Length - events.Select(e => e.Item).Distinct().Count());

    public double Density => All.Any() ? (All.Count() - RepeatCount) / (double)(users.Length * Counts.Count(count => count > 0)) : 0;

    /// <summary>The mean absolute difference of all pairs, halved and relative to the mean: the definition of Gini's coefficient.</summary>
    public double Gini
    {
        get
        {
            long[] counts = [.. Counts.Where(count => count > 0)];
            if (counts.Length == 0) return 0;
            double difference = counts.SelectMany(a => counts.Select(b => Math.Abs(a - b))).Average();
            return difference / (2 * counts.Average());
        }
    }

    public (long Ties, long Neighbours) Ties => (
        users.Sum(events => events.Zip(events.Skip(1)).LongCount(pair => pair.First.Time == pair.Second.Time)), users.Sum(events => Math.Max(0L, events.Length - 1)));

    public (long First, long Last)? Times => All.Any() ? (All.Min(e => e.Time), All.Max(e => e.Time)) : null;

    public (float Rating, long Events)[]? RatingCounts => All.Select(e => e.Rating).Distinct().Count() is 0 or > 20
        ? null
        : [.. All.GroupBy(e => e.Rating).OrderBy(group => group.Key).Select(group => ((float)group.Key, group.LongCount()))];

    public double RatingMean => All.Any() ? All.Average(e => e.Rating) : 0;

    public int Percentile(int percent) => users.Length == 0 ? 0 : Lengths.First(length => 100 * Lengths.Count(other => other <= length) >= percent * users.Length);

    public double TopShare(int part)
    {
        int items = Counts.Count(count => count > 0);
        return items == 0 ? 0 : Counts.OrderDescending().Take((int)Math.Ceiling(items / (double)part)).Sum() / (double)All.Count();
    }

    public int[] MostPopular(int count) =>
        [.. Enumerable.Range(1, itemCount).Where(item => Counts[item] > 0).OrderByDescending(item => Counts[item]).ThenBy(item => item).Take(count)];
}
