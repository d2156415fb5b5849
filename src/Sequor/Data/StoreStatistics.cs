namespace Sequor.Data;

/// <summary>What a store holds, in numbers. An item or a pair counts when it has an event; the catalogue may list more.</summary>
public sealed record StoreStatistics
{
    /// <summary>Number of users U.</summary>
    public required int UserCount { get; init; }

    /// <summary>Items that the catalogue lists, X.</summary>
    public required int ListedItemCount { get; init; }

    /// <summary>Events of all users.</summary>
    public required long EventCount { get; init; }

    /// <summary>How many events users have.</summary>
    public required LengthStatistics Lengths { get; init; }

    /// <summary>How events are spread over the items.</summary>
    public required PopularityStatistics Popularity { get; init; }

    /// <summary>When events happened; null when the store has no times, or no events.</summary>
    public required TimeStatistics? Times { get; init; }

    /// <summary>What events are worth; null when the store has no ratings, or no events.</summary>
    public required RatingStatistics? Ratings { get; init; }

    /// <summary>Events whose item the same user had before.</summary>
    public required long RepeatCount { get; init; }

    /// <summary>Share of events whose item the same user had before; 0 without events.</summary>
    public double RepeatShare => EventCount == 0 ? 0 : (double)RepeatCount / EventCount;

    /// <summary>Share of the pairs of a user and an item with events that occur; 0 without events.</summary>
    public double Density => EventCount == 0 ? 0 : (EventCount - RepeatCount) / ((double)UserCount * Popularity.ItemCount);

    /// <summary>Reads every event once; keeps two counters an item, and one for each length that occurs.</summary>
    /// <param name="store">An open store.</param>
    /// <param name="progress">Told the number of users done, now and then.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static StoreStatistics Of(SequenceStore store, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        long[] counts = new long[store.Items.Count + 1];
        // The last user who had the item, plus one.
        int[] lastUser = new int[store.Items.Count + 1];
        var lengths = new Dictionary<int, int>();
        var times = new TimeCounter();
        var ratings = new RatingCounter();
        long repeats = 0;
        for (int user = 0; user < store.UserCount; user++)
        {
            if ((user & 0xFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report(user);
            }

            UserSequence sequence = store[user];
            lengths[sequence.Length] = lengths.GetValueOrDefault(sequence.Length) + 1;
            foreach (int item in sequence.Items)
            {
                if ((uint)(item - 1) >= (uint)store.Items.Count) throw Damaged(store, user, item);
                counts[item]++;
                if (lastUser[item] == user + 1) repeats++;
                lastUser[item] = user + 1;
            }

            times.Add(sequence.Timestamps);
            ratings.Add(sequence.Ratings);
        }

        return new StoreStatistics
        {
            UserCount = store.UserCount,
            ListedItemCount = store.Items.Count,
            EventCount = store.InteractionCount,
            Lengths = LengthStatistics.Of(lengths),
            Popularity = PopularityStatistics.Of(counts),
            Times = times.Result(),
            Ratings = ratings.Result(),
            RepeatCount = repeats,
        };
    }

    private static InvalidInputException Damaged(SequenceStore store, int user, int item) => new(
        $"{store.Path} is damaged: user '{store.UserId(user)}' has item {item} of {store.Items.Count:N0}; copy it again or prepare the data again");
}
