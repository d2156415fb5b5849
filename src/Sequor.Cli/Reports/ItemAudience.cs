using Sequor.Data;

namespace Sequor.Cli.Reports;

/// <summary>How popular items are with the users that the models learned from.</summary>
internal sealed class ItemAudience
{
    private readonly int[] _users;
    private readonly int[] _classes;

    public ItemAudience(LeaveOneOut training)
    {
        long[] events = ItemPopularity.Count(training);
        (Events, UserCount) = (events, training.Store.UserCount);
        _users = new int[events.Length];
        int[] last = new int[events.Length];
        for (int user = 0; user < UserCount; user++)
            foreach (int item in training.Store[user].Items[..training.EventCount(user)])
            {
                if (last[item] == user + 1) continue;
                last[item] = user + 1;
                _users[item]++;
            }

        _classes = Classes(events);
    }

    /// <summary>Names of the classes, the most popular first.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = ["head", "torso", "tail"];

    /// <summary>Training events of each item (X + 1).</summary>
    public long[] Events { get; }

    /// <summary>Users of the store.</summary>
    public int UserCount { get; }

    /// <summary>Share of the users that had the item, 0 … 1.</summary>
    public double Share(int item) => (double)_users[item] / UserCount;

    /// <summary>Self-information of the item in bits, −log₂ of that share; an item that nobody had counts as had by one.</summary>
    public double SelfInformation(int item) => Math.Log2((double)UserCount / Math.Max(1, _users[item]));

    /// <summary>0, 1 or 2: head, torso or tail.</summary>
    public int Class(int item) => _classes[item];

    /// <summary>Items of a class.</summary>
    public int ClassSize(int number) => _classes.Skip(1).Count(other => other == number);

    // Items by their events, the most popular first, in three parts with a third of all events each; those without events are of the tail.
    private static int[] Classes(long[] events)
    {
        int[] classes = new int[events.Length];
        long total = events.Sum(), before = 0;
        foreach (int item in Enumerable.Range(1, events.Length - 1).OrderByDescending(item => events[item]))
        {
            classes[item] = events[item] == 0 ? 2 : (int)Math.Min(2, 3 * before / total);
            before += events[item];
        }

        return classes;
    }
}
