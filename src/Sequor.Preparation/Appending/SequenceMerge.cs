using System.Globalization;
using Sequor.Data;
using Sequor.Preparation.Reading;

namespace Sequor.Preparation.Appending;

/// <summary>
/// Merges a user's events of a store with new ones: by time, of the same second the store's first. A new event that the store has (item and
/// second) is left out, as many as it has.
/// </summary>
internal sealed class SequenceMerge(ItemVocabulary catalogue, DropLog drops)
{
    private readonly DropReason present = drops["already in the store"];
    private readonly DropReason replaced = drops["not the user's last event with the item"];
    private readonly Dictionary<(long Time, int Item), int> known = [];
    private readonly HashSet<int> seen = [];
    private int[] items = [];
    private float[] ratings = [];
    private long[] times = [];
    private bool[] isNew = [];
    private int count;
    private bool hasRatings, hasTimes;

    /// <summary>Whether new events follow the store's, whatever their time.</summary>
    public bool FollowsOld { get; init; }

    /// <summary>Whether only a user's last event with an item is kept.</summary>
    public bool KeepsLast { get; init; }

    /// <summary>New events that were merged.</summary>
    public long NewCount { get; private set; }

    /// <summary>Those of them that stand before the last event of their user in the store.</summary>
    public long LateCount { get; private set; }

    /// <summary>Events of the store that gave way to a later one with the same item.</summary>
    public long ReplacedCount { get; private set; }

    /// <summary>The merged events; valid until the next call.</summary>
    public UserSequence Merged => new(items.AsSpan(0, count), hasRatings ? ratings.AsSpan(0, count) : [], hasTimes ? times.AsSpan(0, count) : []);

    /// <summary>Merges; both are in the order of events.</summary>
    /// <exception cref="InvalidInputException">New events follow the store's and one is older.</exception>
    public void Merge(string user, UserSequence old, UserSequence added)
    {
        Reserve(old.Length + added.Length);
        hasRatings = !added.Ratings.IsEmpty;
        hasTimes = !added.Timestamps.IsEmpty;
        count = 0;
        Remember(old, added.Timestamps);
        int next = 0;
        long last = old.Timestamps.IsEmpty ? long.MinValue : old.Timestamps[^1];
        for (int i = 0; i < added.Length; i++)
        {
            if (IsKnown(added, i))
            {
                Drop(present, user, added.Items[i]);
                continue;
            }

            if (FollowsOld && hasTimes && added.Timestamps[i] < last) throw TooOld(user, added.Timestamps[i], last);
            while (next < old.Length && (FollowsOld || old.Timestamps[next] <= added.Timestamps[i])) Put(old, next++, fromRows: false);
            Put(added, i, fromRows: true);
        }

        while (next < old.Length) Put(old, next++, fromRows: false);
        if (KeepsLast) DropEarlier(user);
        for (int i = 0; i < count; i++)
        {
            if (!isNew[i]) continue;
            NewCount++;
            if (hasTimes && times[i] < last) LateCount++;
        }
    }

    // The store's events no older than the oldest new one: usually none.
    private void Remember(UserSequence old, ReadOnlySpan<long> addedTimes)
    {
        known.Clear();
        if (addedTimes.IsEmpty) return;
        long oldest = long.MaxValue;
        foreach (long time in addedTimes) oldest = Math.Min(oldest, time);
        for (int i = old.Length - 1; i >= 0 && old.Timestamps[i] >= oldest; i--)
        {
            (long, int) key = (old.Timestamps[i], old.Items[i]);
            known[key] = known.GetValueOrDefault(key) + 1;
        }
    }

    private bool IsKnown(UserSequence added, int i)
    {
        if (known.Count == 0) return false;
        (long, int) key = (added.Timestamps[i], added.Items[i]);
        if (known.GetValueOrDefault(key) == 0) return false;
        // Where only last events are kept, the one that is there stands for all its copies.
        if (!KeepsLast) known[key]--;
        return true;
    }

    private void DropEarlier(string user)
    {
        seen.Clear();
        int kept = count;
        for (int i = count - 1; i >= 0; i--)
        {
            if (seen.Add(items[i])) (items[--kept], ratings[kept], times[kept], isNew[kept]) = (items[i], ratings[i], times[i], isNew[i]);
            else if (isNew[i]) Drop(replaced, user, items[i]);
            else ReplacedCount++;
        }

        count -= kept;
        Array.Copy(items, kept, items, 0, count);
        Array.Copy(ratings, kept, ratings, 0, count);
        Array.Copy(times, kept, times, 0, count);
        Array.Copy(isNew, kept, isNew, 0, count);
    }

    private void Put(UserSequence from, int i, bool fromRows)
    {
        items[count] = from.Items[i];
        if (hasRatings) ratings[count] = from.Ratings[i];
        if (hasTimes) times[count] = from.Timestamps[i];
        isNew[count++] = fromRows;
    }

    private void Drop(DropReason reason, string user, int item)
    {
        if (reason.Add(item)) reason.Show($"user {user}, item {catalogue.Id(item)}");
    }

    private void Reserve(int size)
    {
        if (items.Length >= size) return;
        size = Math.Max(size, 2 * items.Length);
        (items, ratings, times, isNew) = (new int[size], new float[size], new long[size], new bool[size]);
    }

    private static InvalidInputException TooOld(string user, long time, long last) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"user '{user}' has a new event at {time}, before the last one in the store at {last}, but with an order column new events follow; leave older ones out (--from), or prepare all the data anew"));
}
