using System.Globalization;
using System.Text;
using Sequor.Data;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Appending;

/// <summary>
/// Writes a store that is another one with newer interactions: the old store streams by user by user, and the rows of each user join it. Memory
/// holds ids and a group of the new rows, whatever the number of events.
/// </summary>
internal sealed class StoreAppend(
    SequenceStore store, DelimitedRatingsSource source, PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
{
    private readonly DropLog drops = new();
    private readonly StoreRules rules = StoreRules.Of(store.Metadata);

    private bool FollowsOld => !store.HasTimestamps || source.OrderColumn is not null;

    /// <summary>Writes the store; returns the number of rows read.</summary>
    public long Run()
    {
        CheckColumns();
        StoreColumns known = StoreColumns.Of(store.Metadata);
        // What had to be told once need not be told again.
        TimeUnit? unitOfStore = request.TimeUnit is null && source.TimeColumn == known.Time ? known.TimeUnit : null;
        PreparationRequest asked = request with { Filter = rules.Fill(request.Filter), TimeUnit = request.TimeUnit ?? unitOfStore };
        asked.Filter.CheckAgainst(source.RatingColumn, source.TimeColumn);
        progress?.Report(new PreparationProgress("checking the store", 0, null));
        // Damaged events would get a valid checksum.
        store.Verify(cancellationToken);

        progress?.Report(new PreparationProgress("reading", 0, null));
        ItemVocabulary? listed;
        TableFile file;
        InteractionReader reader;
        Interactions rows;
        using (var duck = new DuckDbSession(request, cancellationToken))
        {
            file = source.OpenRatings(duck);
            listed = source.ReadItems(duck);
            reader = new InteractionReader(source.Columns(file), asked, drops, cancellationToken);
            rows = reader.Read(duck, progress);
        }

        using (rows)
        {
            string[] findings = [
                .. file.IsDelimiterFound ? [$"fields are separated by {TableFile.Name(file.Delimiter!)}"] : Array.Empty<string>(),
                .. reader.Unit is { } unit && request.TimeUnit is null ? [$"times are {TimeText.Name(unit)}{(unitOfStore is null ? "" : ", as when the store was prepared")}"] : Array.Empty<string>(),
            ];
            Write(rows, new AppendedItems(store, source.Columns(file), rows, listed), listed, reader.RowCount, findings);
        }

        return reader.RowCount;
    }

    private void CheckColumns()
    {
        string file = source.Paths[0];
        Check(store.HasRatings, source.RatingColumn, "ratings", "--rating");
        Check(store.HasTimestamps, source.TimeColumn, "times", "--time");

        void Check(bool isThere, string? column, string what, string option)
        {
            if (isThere && column is null) throw new InvalidInputException($"{store.Path} has {what}, and {file} must bring them too; name their column ({option})");
            if (!isThere && column is not null) throw new InvalidInputException($"{store.Path} has no {what}, so that column '{column}' of {file} has no place; leave {option} out, or prepare all the data anew");
        }
    }

    private void Write(Interactions rows, AppendedItems items, ItemVocabulary? listed, long rowCount, string[] findings)
    {
        var filter = new RowFilter(rows, new InteractionFilter(), 0, request.LayoutBytes, drops);
        int[] ranks = KnownUsers(rows);
        var newUsers = new IdOrder(rows.UserIds, code => ranks[code] < 0);
        int[] counts = new int[store.UserCount + newUsers.Count];
        for (int code = 0; code < ranks.Length; code++)
        {
            if (newUsers.Ranks[code] >= 0) ranks[code] = store.UserCount + newUsers.Ranks[code];
            counts[ranks[code]] = filter.UserCounts[code];
        }

        ItemVocabulary catalogue = GrownCatalogue.Of(store.Items, items.Added, listed);
        var merge = new SequenceMerge(catalogue, drops) { FollowsOld = FollowsOld, KeepsLast = rules.KeepsLast };
        SequenceStoreMetadata metadata = store.Metadata with { Name = name };
        using var writer = new SequenceStoreWriter(request.Output, metadata, catalogue, store.HasRatings, store.HasTimestamps);
        progress?.Report(new PreparationProgress("writing", 0, store.InteractionCount));
        Stream(new SequenceLayout(rows, filter.Kept, ranks, counts, request.LayoutBytes), items.Indices, merge, writer, newUsers);
        if (merge.NewCount > 0 || items.Added.Count > 0)
        {
            writer.Metadata = metadata with { Source = AppendHistory.Add(metadata.Source, source.ItemsPath is null ? source.Paths : [.. source.Paths, source.ItemsPath]) };
        }

        writer.Report = new PreparationReport
        {
            RowCount = rowCount,
            KeptCount = merge.NewCount,
            Dropped = drops.Dropped,
            Findings = [.. findings, .. Findings(merge, newUsers.Count, items.Added.Count, listed)],
            Appended = new AppendedCounts(newUsers.Count, items.Added.Count, merge.LateCount),
        };
        writer.UserAttributes = GrownCatalogue.OfUsers(store.UserAttributes, writer.UserCount);
        // Some systems do not replace a file that is mapped.
        store.Dispose();
        cancellationToken.ThrowIfCancellationRequested();
        RequireUnchanged();
        writer.Complete();
    }

    // What another append has added meanwhile must not be lost without a word.
    private void RequireUnchanged()
    {
        if (Path.GetFullPath(request.Output) != Path.GetFullPath(store.Path)) return;
        using var now = SequenceStore.Open(store.Path);
        if (now.Fingerprint != store.Fingerprint) throw new InvalidInputException($"{store.Path} was changed by someone else meanwhile; append again");
    }

    private int[] KnownUsers(Interactions rows)
    {
        int[] users = new int[rows.UserIds.Count];
        rows.UserIds.ForEach((code, place) => store.TryFindUser(Encoding.UTF8.GetString(rows.UserIds.At(place)), out users[code]));
        return users;
    }

    private void Stream(SequenceLayout layout, int[] indices, SequenceMerge merge, SequenceStoreWriter writer, IdOrder newUsers)
    {
        int[] sequence = [];
        long[] seconds = [];
        long done = 0;
        layout.ForEach((user, events) =>
        {
            CopyUntil(Math.Min(user, store.UserCount));
            int count = events.Items.Length;
            if (sequence.Length < count) sequence = new int[2 * count];
            if (seconds.Length < count) seconds = new long[2 * count];
            for (int i = 0; i < count; i++) sequence[i] = indices[events.Items[i]];
            for (int i = 0; i < events.Times.Length; i++) seconds[i] = events.Times[i] / 1_000_000;
            bool isKnown = user < store.UserCount;
            string id = isKnown ? store.UserId(user) : newUsers.Id(user - store.UserCount);
            merge.Merge(id, isKnown ? store[user] : default, new UserSequence(sequence.AsSpan(0, count), events.Ratings, seconds.AsSpan(0, events.Times.Length)));
            Add(id, merge.Merged);
        });
        CopyUntil(store.UserCount);

        void CopyUntil(int end)
        {
            while (writer.UserCount < end) Add(store.UserId(writer.UserCount), store[writer.UserCount]);
        }

        void Add(string id, UserSequence events)
        {
            writer.Add(id, events.Items, events.Ratings, events.Timestamps);
            done += events.Length;
            if (done / 1_000_000 == (done - events.Length) / 1_000_000) return;
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new PreparationProgress("writing", done, Math.Max(done, store.InteractionCount)));
        }
    }

    private IEnumerable<string> Findings(SequenceMerge merge, int newUserCount, int newItemCount, ItemVocabulary? listed)
    {
        if (!store.HasTimestamps) yield return "new events follow the store's, and which of them it has already cannot be known: it has no times";
        else if (FollowsOld) yield return $"new events follow the store's, in the order of column '{source.OrderColumn}'";
        if (merge.LateCount > 0) yield return Text($"new events that stand before the last one of their user in the store: {merge.LateCount:N0}");
        if (merge.ReplacedCount > 0) yield return Text($"events of the store that gave way to a later one with the same item: {merge.ReplacedCount:N0}");
        foreach (string rule in rules.Findings(request.Filter)) yield return rule;
        if (newUserCount > 0 && store.UserAttributes.Count > 0) yield return $"new users have no {Names(store.UserAttributes)}: no file tells";
        CategoricalAttribute[] absent = [.. store.Items.Attributes.Where(attribute => listed is null || listed.Attributes.All(other => other.Name != attribute.Name))];
        if (newItemCount > 0 && absent.Length > 0) yield return $"new items have no {Names(absent)}: the items file does not tell";
    }

    private static string Names(IEnumerable<CategoricalAttribute> attributes) => string.Join(", ", attributes.Select(attribute => $"'{attribute.Name}'"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
