namespace Sequor.Data;

/// <summary>
/// A view of every user as (history, target): the last events are ignored, the newest of the rest is the target, what stands before
/// it is the history, cut to its newest events. Follows <c>research/data/dataset.py</c>.
/// </summary>
public sealed class LeaveOneOut
{
    /// <summary>Views a store; <paramref name="ignoreLastCount"/> newest events of every user do not exist for this view.</summary>
    public LeaveOneOut(SequenceStore store, int ignoreLastCount, int maxSequenceLength)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfNegative(ignoreLastCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSequenceLength, 1);
        Store = store;
        IgnoreLastCount = ignoreLastCount;
        MaxSequenceLength = maxSequenceLength;
        for (int user = 0; user < store.UserCount; user++)
        {
            if (!IsUsable(user)) SkippedUserCount++;
        }
    }

    /// <summary>The store behind the view.</summary>
    public SequenceStore Store { get; }

    /// <summary>Newest events of every user that this view leaves out.</summary>
    public int IgnoreLastCount { get; }

    /// <summary>Longest history, in events.</summary>
    public int MaxSequenceLength { get; }

    /// <summary>Users without a history in this view: to be skipped and reported.</summary>
    public int SkippedUserCount { get; }

    /// <summary>What a model learns from: all events but the last (reference) or the last two (validation).</summary>
    public static LeaveOneOut Train(SequenceStore store, EvaluationProtocol protocol, int maxSequenceLength) =>
        new(store, protocol == EvaluationProtocol.Validation ? 2 : 1, maxSequenceLength);

    /// <summary>The second to last event as target: it chooses the epoch under <see cref="EvaluationProtocol.Validation"/>.</summary>
    public static LeaveOneOut Validation(SequenceStore store, int maxSequenceLength) => new(store, 1, maxSequenceLength);

    /// <summary>The last event as target: what is reported.</summary>
    public static LeaveOneOut Test(SequenceStore store, int maxSequenceLength) => new(store, 0, maxSequenceLength);

    /// <summary>Events of a user that this view knows, the target included; may be 0.</summary>
    public int EventCount(int user) => Math.Max(Store[user].Length - IgnoreLastCount, 0);

    /// <summary>Whether the user has a target and at least one event before it.</summary>
    public bool IsUsable(int user) => EventCount(user) >= 2;

    /// <summary>History and target of a user; the history is empty when the user has one event only.</summary>
    /// <exception cref="ArgumentException">The view knows no event of this user.</exception>
    public LeaveOneOutExample Get(int user)
    {
        UserSequence all = Store[user];
        int target = all.Length - IgnoreLastCount - 1;
        if (target < 0) throw new ArgumentException($"user {user} has {all.Length} events, of which {IgnoreLastCount} are ignored; no target remains", nameof(user));
        int length = Math.Min(target, MaxSequenceLength);
        return At(all, target, all.Slice(target - length, length));
    }

    /// <summary>
    /// History and target of a user of whom only some events are kept; the last kept one is the target. Copies the newest kept events
    /// before it into the buffers, without allocating.
    /// </summary>
    /// <param name="user">User 0..U-1.</param>
    /// <param name="keep">For each of the user's <see cref="EventCount"/> events, oldest first, whether it is kept.</param>
    /// <param name="items">Buffer for item indices, at least min(<see cref="MaxSequenceLength"/>, events) long.</param>
    /// <param name="ratings">Buffer for ratings, as long; may be empty when the store has none.</param>
    /// <param name="timestamps">Buffer for timestamps, as long; may be empty when the store has none.</param>
    /// <param name="example">The example, viewing the buffers.</param>
    /// <returns>False when fewer than two events are kept: the user is to be skipped this time.</returns>
    public bool TryGetSampled(
        int user, ReadOnlySpan<bool> keep, Span<int> items, Span<float> ratings, Span<long> timestamps, out LeaveOneOutExample example)
    {
        UserSequence all = Store[user];
        int count = Math.Max(all.Length - IgnoreLastCount, 0);
        if (keep.Length != count) throw new ArgumentException($"the mask has {keep.Length} entries for {count} events of user {user}", nameof(keep));

        int target = keep.LastIndexOf(true);
        int length = target < 1 ? 0 : Math.Min(keep[..target].Count(true), MaxSequenceLength);
        if (length == 0)
        {
            example = default;
            return false;
        }

        for (int from = target - 1, to = length - 1; to >= 0; from--)
        {
            if (!keep[from]) continue;
            items[to] = all.Items[from];
            if (Store.HasRatings) ratings[to] = all.Ratings[from];
            if (Store.HasTimestamps) timestamps[to] = all.Timestamps[from];
            to--;
        }

        var history = new UserSequence(
            items[..length], Store.HasRatings ? ratings[..length] : [], Store.HasTimestamps ? timestamps[..length] : []);
        example = At(all, target, history);
        return true;
    }

    private static LeaveOneOutExample At(UserSequence all, int target, UserSequence history) => new(
        history,
        all.Items[target],
        all.Ratings.IsEmpty ? null : all.Ratings[target],
        all.Timestamps.IsEmpty ? null : all.Timestamps[target]);
}
