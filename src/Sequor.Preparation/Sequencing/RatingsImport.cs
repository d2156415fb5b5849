using System.Globalization;
using Sequor.Data;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sets;

namespace Sequor.Preparation.Sequencing;

/// <summary>
/// From a table of ratings to a store: DuckDB reads the files, ids are coded as the rows stream by, rows are filtered and put together user by
/// user. Order is (time or order column, file order) always, because half of MovieLens' neighbouring ratings share a second.
/// </summary>
internal sealed class RatingsImport(
    PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
{
    /// <summary>The ratings.</summary>
    public required RatingsTable Ratings { get; init; }

    /// <summary>The catalogue, or null to take the distinct items of the ratings.</summary>
    public ItemVocabulary? Items { get; init; }

    /// <summary>What is known of the users; null when nothing is.</summary>
    public UserList? Users { get; init; }

    /// <summary>The source in words.</summary>
    public required string Source { get; init; }

    /// <summary>Options that shaped the data, for the store's metadata.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>What was found out about the source, a sentence each.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>Rows that a user and an item must have when the request does not say; 0 for none.</summary>
    public int DefaultMinimumCount { get; init; }

    /// <summary>Counts that the request may check.</summary>
    public PublishedCounts? Published { get; init; }

    private int MinimumCount => request.Filter.MinimumCount ?? DefaultMinimumCount;

    /// <summary>Writes the store; returns the number of rows read.</summary>
    public long Run()
    {
        request.Filter.CheckAgainst(Ratings.Rating, Ratings.Time);
        var drops = new DropLog();
        var reader = new InteractionReader(Ratings, request, drops, cancellationToken);
        progress?.Report(new PreparationProgress("reading", 0, null));
        using Interactions rows = Read(reader);
        if (reader.RowCount == 0) throw new InvalidInputException($"{Ratings.Files[0]} has no ratings; give a file with at least one row");

        progress?.Report(new PreparationProgress("filtering", 0, null));
        var filter = new RowFilter(rows, request.Filter, MinimumCount, request.LayoutBytes, drops, request.SkipBadRows ? Unlisted(rows) : null);
        if (filter.UserCounts.All(count => count == 0)) throw NothingLeft(drops);
        Task<IdOrder> ordering = Task.Run(() => new IdOrder(rows.UserIds, code => filter.UserCounts[code] > 0), CancellationToken.None);
        ItemVocabulary items;
        int[] indices;
        try
        {
            (items, indices) = Link(rows, filter);
        }
        finally
        {
            // The ids must stay until nobody reads them.
            Task.WaitAny([ordering], CancellationToken.None);
        }

        IdOrder users = ordering.GetAwaiter().GetResult();
        // A filter of one's own leaves only the rows that were read as published.
        PublishedCounts? expected = request.Filter == new InteractionFilter() && !request.SkipBadRows ? Published : Published is null ? null : Published with { Users = null, Items = null };
        if (request.Verify) expected?.Check(name, reader.RowCount, users.Count, items.Count);
        WriteStore(rows, filter, users, items, indices, new PreparationReport
        {
            RowCount = reader.RowCount,
            KeptCount = filter.UserCounts.Sum(count => (long)count),
            Dropped = drops.Dropped,
            Findings = reader.Unit is { } unit && request.TimeUnit is null ? [.. Findings, $"times are {TimeText.Name(unit)}"] : Findings,
        });
        return reader.RowCount;
    }

    private Interactions Read(InteractionReader reader)
    {
        using var duck = new DuckDbSession(request, cancellationToken);
        return reader.Read(duck, progress);
    }

    private InvalidInputException NothingLeft(DropLog drops)
    {
        string reasons = string.Join("; ", drops.Dropped.Select(dropped => string.Create(CultureInfo.InvariantCulture, $"{dropped.Count:N0}: {dropped.Reason}")));
        return new InvalidInputException($"no row of {Ratings.Files[0]} is left ({reasons}); loosen the filter");
    }

    private bool[]? Unlisted(Interactions rows)
    {
        if (Items is null) return null;
        bool[] unlisted = new bool[rows.ItemIds.Count];
        rows.ItemIds.ForEach((code, place) => unlisted[code] = !Items.TryGetIndex(System.Text.Encoding.UTF8.GetString(rows.ItemIds.At(place)), out _));
        return Array.TrueForAll(unlisted, isUnlisted => !isUnlisted) ? null : unlisted;
    }

    private (ItemVocabulary Items, int[] Indices) Link(Interactions rows, RowFilter filter)
    {
        if (Items is null)
        {
            var order = new IdOrder(rows.ItemIds, code => filter.IsListed[code]);
            return (ItemVocabulary.Create(new CountedRows<string>(order.Count, order.Id)), Array.ConvertAll(order.Ranks, rank => rank + 1));
        }

        int[] indices = new int[rows.ItemIds.Count];
        rows.ItemIds.ForEach((code, place) =>
        {
            if (filter.ItemCounts[code] == 0) return;
            string id = System.Text.Encoding.UTF8.GetString(rows.ItemIds.At(place));
            if (Items.TryGetIndex(id, out indices[code])) return;
            throw new InvalidInputException(
                $"item '{id}' is rated but not among the {Items.Count:N0} items of the items file; list it there, or leave such rows out (--skip-bad-rows) {SourceLine.Where(Ratings, rows.FirstRows[code])}");
        });
        return (Items, indices);
    }

    private void WriteStore(Interactions rows, RowFilter filter, IdOrder users, ItemVocabulary items, int[] indices, PreparationReport report)
    {
        using var writer = new SequenceStoreWriter(
            request.Output, Metadata(), items, hasRatings: rows.Ratings is not null, hasTimestamps: rows.Times is not null) { Report = report };
        int[] counts = new int[users.Count];
        for (int code = 0; code < users.Ranks.Length; code++)
        {
            if (users.Ranks[code] >= 0) counts[users.Ranks[code]] = filter.UserCounts[code];
        }

        int[] sequence = [];
        long[] seconds = [];
        long done = 0;
        new SequenceLayout(rows, filter.Kept, users.Ranks, counts, request.LayoutBytes).ForEach((user, events) =>
        {
            int count = events.Items.Length;
            if (sequence.Length < count) sequence = new int[2 * count];
            if (seconds.Length < count) seconds = new long[2 * count];
            for (int i = 0; i < count; i++) sequence[i] = indices[events.Items[i]];
            for (int i = 0; i < events.Times.Length; i++) seconds[i] = events.Times[i] / 1_000_000;
            if (rows.Order is not null) CheckTimes(users.Id(user), seconds.AsSpan(0, events.Times.Length));
            writer.Add(users.Id(user), sequence.AsSpan(0, count), events.Ratings, seconds.AsSpan(0, events.Times.Length));
            done += count;
            if (done / 1_000_000 == (done - count) / 1_000_000) return;
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new PreparationProgress("writing", done, report.KeptCount));
        });
        if (Users is not null) writer.UserAttributes = Users.AttributesOf(new CountedRows<string>(users.Count, users.Id));
        cancellationToken.ThrowIfCancellationRequested();
        writer.Complete();
        progress?.Report(new PreparationProgress("writing", report.KeptCount, report.KeptCount));
    }

    private void CheckTimes(string user, ReadOnlySpan<long> seconds)
    {
        for (int i = 1; i < seconds.Length; i++)
        {
            if (seconds[i] >= seconds[i - 1]) continue;
            throw new InvalidInputException(
                $"column '{Ratings.Order}' orders the events of user '{user}' against column '{Ratings.Time}', which falls from {seconds[i - 1]} to {seconds[i]}; leave out --order or --time");
        }
    }

    private SequenceStoreMetadata Metadata()
    {
        string key = Ratings.Order ?? Ratings.Time ?? "";
        return new SequenceStoreMetadata
        {
            Name = name,
            Source = Source,
            OrderRule = key.Length == 0 ? "events of a user in file order" : $"events of a user by ({key}, file order)",
            Options = FilterOptions(),
        };
    }

    private Dictionary<string, string> FilterOptions()
    {
        var options = new Dictionary<string, string>(Options);
        InteractionFilter filter = request.Filter;
        Note("minimumCount", MinimumCount, MinimumCount > 0);
        Note("kCore", filter.KCore, filter.KCore > 0);
        Note("minimumRating", filter.MinimumRating, filter.MinimumRating is not null);
        Note("from", filter.From, filter.From is not null);
        Note("until", filter.Until, filter.Until is not null);
        Note("duplicates", "last", filter.Duplicates == DuplicatePolicy.Last);
        Note("maximumUsers", filter.MaximumUsers, filter.MaximumUsers is not null);
        Note(StoreColumns.UnitOption, request.TimeUnit?.ToString().ToLowerInvariant(), request.TimeUnit is not null);
        Note("skipBadRows", "true", request.SkipBadRows);
        return options;

        void Note(string option, IConvertible? value, bool isSet)
        {
            if (isSet) options[option] = value!.ToString(CultureInfo.InvariantCulture);
        }
    }
}
