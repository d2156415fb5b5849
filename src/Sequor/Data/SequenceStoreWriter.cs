using System.Text.Json;
using Sequor.Storage;

namespace Sequor.Data;

/// <summary>
/// Writes a store user by user, in memory that does not grow with the events. <see cref="Complete"/> puts the whole file in place in
/// one step; disposing without it leaves the target as it was.
/// </summary>
public sealed class SequenceStoreWriter : IDisposable
{
    private readonly string path;
    private readonly ItemVocabulary items;
    private readonly SectionSpool offsets;
    private readonly SectionSpool itemIndices;
    private readonly SectionSpool? ratings;
    private readonly SectionSpool? timestamps;
    private readonly Utf8TableBuilder userIds = new();
    private readonly List<SectionSpool> spools = [];
    private long interactionCount;
    private bool completed;

    /// <summary>Begins a store; the counts of <paramref name="metadata"/> are filled in at the end.</summary>
    /// <exception cref="InvalidInputException">The output folder is missing or cannot be written.</exception>
    public SequenceStoreWriter(string path, SequenceStoreMetadata metadata, ItemVocabulary items, bool hasRatings, bool hasTimestamps)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(items);
        this.path = path;
        Metadata = metadata;
        this.items = items;
        try
        {
            offsets = Spool(StoreSections.UserOffsets);
            itemIndices = Spool(StoreSections.Items);
            ratings = hasRatings ? Spool(StoreSections.Ratings) : null;
            timestamps = hasTimestamps ? Spool(StoreSections.Timestamps) : null;
            offsets.Append<long>([0]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw PathOnDisk.CannotWrite(path, error);
        }
    }

    /// <summary>What was read and left out, to be carried by the store; may be set until <see cref="Complete"/>.</summary>
    public PreparationReport? Report { get; set; }

    /// <summary>What the store will say about itself, its counts aside; may be set until <see cref="Complete"/>.</summary>
    public SequenceStoreMetadata Metadata { get; set; }

    /// <summary>What is known of the users beside their events, in the order in which they were added; may be set until <see cref="Complete"/>.</summary>
    public IReadOnlyList<CategoricalAttribute> UserAttributes { get; set; } = [];

    /// <summary>Users added so far.</summary>
    public int UserCount => userIds.Count;

    /// <summary>Appends a user: item indices 1..X, oldest first; ratings and timestamps of equal length, or empty when the store has none.</summary>
    /// <exception cref="ArgumentException">The spans differ in length or an index is not in 1..X.</exception>
    /// <exception cref="InvalidInputException">Timestamps fall, a rating is no number, or the disk refuses.</exception>
    public void Add(string userId, ReadOnlySpan<int> items, ReadOnlySpan<float> ratings, ReadOnlySpan<long> timestamps)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        ObjectDisposedException.ThrowIf(completed, this);
        CheckLength(ratings.Length, this.ratings is null ? 0 : items.Length, "ratings");
        CheckLength(timestamps.Length, this.timestamps is null ? 0 : items.Length, "timestamps");
        foreach (int item in items)
        {
            if (item < 1 || item > this.items.Count)
            {
                throw new ArgumentException($"item index {item} of user '{userId}' is not in 1..{this.items.Count}", nameof(items));
            }
        }

        foreach (float rating in ratings)
        {
            if (!float.IsFinite(rating)) throw new InvalidInputException($"a rating of user '{userId}' is {rating}; ratings are numbers: mend it, or leave the event out");
        }

        for (int i = 1; i < timestamps.Length; i++)
        {
            if (timestamps[i] < timestamps[i - 1])
            {
                throw new InvalidInputException(
                    $"the timestamps of user '{userId}' fall from {timestamps[i - 1]} to {timestamps[i]} at event {i + 1}; a sequence goes oldest first: sort it, or leave the timestamps out");
            }
        }

        try
        {
            interactionCount += items.Length;
            offsets.Append<long>([interactionCount]);
            itemIndices.Append(items);
            this.ratings?.Append(ratings);
            this.timestamps?.Append(timestamps);
            userIds.Add(userId);
        }
        catch (IOException error)
        {
            throw PathOnDisk.CannotWrite(path, error);
        }
    }

    /// <summary>Puts the finished store in place; nothing can be added afterwards.</summary>
    /// <exception cref="InvalidInputException">A user id was added twice, an attribute does not fit the users, or the disk refuses.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(completed, this);
        var users = userIds.Build();
        if (users.FirstDuplicate is var row and >= 0)
        {
            throw new InvalidInputException($"user id '{users.Text(row)}' stands twice in {Metadata.Source}; one user is one sequence");
        }

        CheckUserAttributes();

        try
        {
            Spool(StoreSections.UserIdOffsets).Append(users.Offsets);
            Spool(StoreSections.UserIds).Append(users.Bytes);
            Spool(StoreSections.ItemIdOffsets).Append(items.Ids.Offsets);
            Spool(StoreSections.ItemIds).Append(items.Ids.Bytes);
            if (items.Titles is { } titles)
            {
                Spool(StoreSections.TitleOffsets).Append(titles.Offsets);
                Spool(StoreSections.Titles).Append(titles.Bytes);
            }

            AttributeSections.Write(items.Attributes, AttributeSectionNames.Items, Spool);
            AttributeSections.Write(UserAttributes, AttributeSectionNames.Users, Spool);
            Spool(StoreSections.Metadata).Append<byte>(JsonSerializer.SerializeToUtf8Bytes(Counted(), StoreJson.Default.SequenceStoreMetadata));
            if (Report is not null) Spool(StoreSections.Report).Append<byte>(JsonSerializer.SerializeToUtf8Bytes(Report, ReportJson.Default.PreparationReport));
            WriteStore();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw PathOnDisk.CannotWrite(path, error);
        }

        completed = true;
    }

    /// <summary>Removes what is temporary.</summary>
    public void Dispose()
    {
        foreach (SectionSpool spool in spools) spool.Dispose();
        spools.Clear();
        completed = true;
    }

    private void CheckUserAttributes()
    {
        foreach (CategoricalAttribute attribute in UserAttributes)
        {
            if (attribute.RowCount != UserCount)
            {
                throw new InvalidInputException(
                    $"the store has {UserCount:N0} users but attribute '{attribute.Name}' knows {attribute.RowCount:N0}; give every user its values, or none");
            }
        }

        if (CategoricalAttribute.FirstRepeatedName(UserAttributes) is { } repeated)
        {
            throw new InvalidInputException($"user attribute '{repeated}' stands twice; names must be unique");
        }
    }

    private void WriteStore()
    {
        using var file = AtomicFile.Create(path);
        var header = StoreHeader.Arrange(spools.ConvertAll(spool => spool.Contents()));
        file.Stream.Write(header.ToBytes());
        for (int i = 0; i < spools.Count; i++)
        {
            // Seeking over the alignment gap leaves zeros.
            file.Stream.Position = header.Sections[i].Offset;
            spools[i].CopyTo(file.Stream);
        }

        file.Stream.SetLength(header.FileLength);
        file.Commit();
    }

    // The options in a fixed order: equal options must give an equal fingerprint.
    private SequenceStoreMetadata Counted() => Metadata with
    {
        UserCount = userIds.Count,
        ItemCount = items.Count,
        InteractionCount = interactionCount,
        Options = new SortedDictionary<string, string>(Metadata.Options.ToDictionary(), StringComparer.Ordinal),
    };

    private SectionSpool Spool(string name)
    {
        var spool = new SectionSpool(name, path);
        spools.Add(spool);
        return spool;
    }

    private static void CheckLength(int length, int expected, string name)
    {
        if (length != expected) throw new ArgumentException($"{length} {name} for a user of whom {expected} are expected", name);
    }
}
