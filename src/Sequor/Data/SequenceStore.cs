using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sequor.Data;

/// <summary>
/// All users' sequences as arrays of one memory-mapped file: the events of user u stand at <c>offsets[u]..offsets[u + 1]</c>. Opening
/// reads the header only, so it takes milliseconds whatever the size; pages arrive as they are touched and are shared between processes.
/// Spans and the vocabulary are views of the mapping: none may be used after <see cref="Dispose"/>. Reading is thread-safe.
/// </summary>
public sealed unsafe class SequenceStore : IDisposable
{
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly StoreHeader header;
    private readonly byte* start;
    private readonly long* offsets;
    private readonly int* items;
    private readonly float* ratings;
    private readonly long* timestamps;
    private readonly Utf8Table userIds;
    private bool closed;

    private SequenceStore(string path, MemoryMappedFile file, StoreHeader header)
    {
        Path = path;
        this.file = file;
        this.header = header;
        view = file.CreateViewAccessor(0, header.FileLength, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
        try
        {
            long offsetCount = Require(StoreSections.UserOffsets).Length / sizeof(long);
            offsets = (long*)At(Require(StoreSections.UserOffsets));
            if (offsetCount is < 1 or > int.MaxValue || offsets[0] != 0) throw Damaged("the user offsets do not begin at 0");
            UserCount = (int)offsetCount - 1;
            InteractionCount = offsets[UserCount];

            items = (int*)At(RequireElements(StoreSections.Items, sizeof(int)));
            HasRatings = Find(StoreSections.Ratings) is not null;
            if (HasRatings) ratings = (float*)At(RequireElements(StoreSections.Ratings, sizeof(float)));
            HasTimestamps = Find(StoreSections.Timestamps) is not null;
            if (HasTimestamps) timestamps = (long*)At(RequireElements(StoreSections.Timestamps, sizeof(long)));

            userIds = Table(StoreSections.UserIdOffsets, StoreSections.UserIds);
            if (userIds.Count != UserCount) throw Damaged($"{UserCount:N0} users have {userIds.Count:N0} ids");
            Utf8Table? titles = Find(StoreSections.Titles) is null ? null : Table(StoreSections.TitleOffsets, StoreSections.Titles);
            Utf8Table ids = Table(StoreSections.ItemIdOffsets, StoreSections.ItemIds);
            Items = new ItemVocabulary(ids, titles, Attributes(AttributeSectionNames.Items, ids.Count));
            UserAttributes = Attributes(AttributeSectionNames.Users, UserCount);
            if (titles is not null && titles.Count != Items.Count) throw Damaged($"{Items.Count:N0} items have {titles.Count:N0} titles");
            if (Items.Count < 1 && InteractionCount > 0) throw Damaged("it has events, but no items");
            Metadata = ReadJson(StoreSections.Metadata, StoreJson.Default.SequenceStoreMetadata);
            Report = Find(StoreSections.Report) is null ? null : ReadJson(StoreSections.Report, ReportJson.Default.PreparationReport);
            Fingerprint = header.Fingerprint;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file that is open.</summary>
    public string Path { get; }

    /// <summary>Name of the data set.</summary>
    public string Name => Metadata.Name;

    /// <summary>Number of users U.</summary>
    public int UserCount { get; }

    /// <summary>Number of events of all users.</summary>
    public long InteractionCount { get; }

    /// <summary>The catalogue: ids, titles and their indices.</summary>
    public ItemVocabulary Items { get; }

    /// <summary>What the source told of the users beside their events, user u in row u; empty when it told nothing.</summary>
    public IReadOnlyList<CategoricalAttribute> UserAttributes { get; }

    /// <summary>Whether events carry ratings.</summary>
    public bool HasRatings { get; }

    /// <summary>Whether events carry timestamps.</summary>
    public bool HasTimestamps { get; }

    /// <summary>SHA-256 over the section checksums, lower-case hex: equal exactly when data, order and options are equal.</summary>
    public string Fingerprint { get; }

    /// <summary>What the store says about itself.</summary>
    public SequenceStoreMetadata Metadata { get; }

    /// <summary>What the preparation read and left out; null when the store was not made from rows.</summary>
    public PreparationReport? Report { get; }

    /// <summary>The events of a user 0..U-1, oldest first.</summary>
    /// <exception cref="InvalidInputException">The offsets of this user are damaged, or an event is of no item of the catalogue.</exception>
    public UserSequence this[int user]
    {
        get
        {
            ThrowIfClosed();
            ArgumentOutOfRangeException.ThrowIfNegative(user);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(user, UserCount);
            long first = offsets[user], end = offsets[user + 1];
            // Opening does not read the offsets; a damaged one must not become a pointer.
            if (first < 0 || end < first || end > InteractionCount || end - first > int.MaxValue) throw Damaged($"the events of user {user:N0} lie outside the file");
            int length = (int)(end - first);
            var found = new ReadOnlySpan<int>(items + first, length);
            // An index becomes a place in tables of weights, whose kernels do not ask again.
            if (found.IndexOfAnyExceptInRange(1, Items.Count) >= 0) throw Damaged($"an event of user {user:N0} is of an item outside of 1..{Items.Count:N0}");
            return new UserSequence(
                found,
                HasRatings ? new ReadOnlySpan<float>(ratings + first, length) : [],
                HasTimestamps ? new ReadOnlySpan<long>(timestamps + first, length) : []);
        }
    }

    /// <summary>Opens a store: checks magic, version, header checksum and bounds, and reads nothing else.</summary>
    /// <exception cref="InvalidInputException">The file is missing, no store, of another version, truncated or damaged.</exception>
    public static SequenceStore Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{path} does not exist; make a sequence store with `prepare` and give its path");
        }

        MemoryMappedFile? file = null;
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var header = StoreHeader.Read(stream, stream.Length, path);
            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            return new SequenceStore(path, file, header);
        }
        catch (Exception error)
        {
            file?.Dispose();
            stream?.Dispose();
            if (error is IOException or UnauthorizedAccessException)
            {
                throw new InvalidInputException($"{path} cannot be opened: {error.Message.TrimEnd('.')}; check the file and its permissions", error);
            }

            throw;
        }
    }

    /// <summary>Whether a file begins as a store does, of whatever version and state.</summary>
    public static bool IsStore(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return StoreHeader.IsMagic(stream);
    }

    /// <summary>External id of a user 0..U-1.</summary>
    public string UserId(int user)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(user);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(user, UserCount);
        return userIds.Text(user);
    }

    /// <summary>What tables of users hash (<see cref="Data.UserKey"/>), of a user 0..U-1.</summary>
    public long UserKey(int user)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(user);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(user, UserCount);
        return Data.UserKey.Of(userIds[user]);
    }

    /// <summary>Finds the user 0..U-1 of an external id; -1 when there is none.</summary>
    public bool TryFindUser(ReadOnlySpan<char> id, out int user) => userIds.TryFind(id, out user);

    /// <summary>Reads the whole file, compares every section with its checksum, and checks that what it says could have been written.</summary>
    /// <exception cref="InvalidInputException">A section differs from what was written, or no program of ours would have written it.</exception>
    public void Verify(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        const int Step = 1 << 24;
        foreach (StoreSection section in header.Sections)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long done = 0; done < section.Length; done += Step)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(new ReadOnlySpan<byte>(At(section) + done, (int)Math.Min(Step, section.Length - done)));
            }

            if (!hash.GetHashAndReset().AsSpan().SequenceEqual(section.Hash)) throw Damaged($"the checksum of section '{section.Name}' does not match");
        }

        if (StoreContent.Fault(this, cancellationToken) is { } fault) throw Damaged(fault);
    }

    /// <summary>Unmaps the file; spans and the vocabulary must not be used any more.</summary>
    public void Dispose()
    {
        if (closed) return;
        closed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
    }

    internal Utf8Table UserIds => userIds;

    internal void ThrowIfClosed() => ObjectDisposedException.ThrowIf(closed, this);

    private byte* At(StoreSection section) => start + section.Offset;

    private StoreSection? Find(string name)
    {
        foreach (StoreSection section in header.Sections)
        {
            if (section.Name == name) return section;
        }

        return null;
    }

    private StoreSection Require(string name) => Find(name) ?? throw Damaged($"section '{name}' is missing");

    private StoreSection RequireElements(string name, int size)
    {
        StoreSection section = Require(name);
        if (section.Length % size != 0 || section.Length / size != InteractionCount)
        {
            throw Damaged($"section '{name}' holds {section.Length / size:N0} values for {InteractionCount:N0} interactions");
        }

        return section;
    }

    private Utf8Table Table(string offsetsName, string bytesName)
    {
        StoreSection bounds = Require(offsetsName), bytes = Require(bytesName);
        if (bounds.Length < sizeof(long) || bounds.Length / sizeof(long) > int.MaxValue || bytes.Length > int.MaxValue)
        {
            throw Damaged($"section '{offsetsName}' or '{bytesName}' has an impossible length");
        }

        return new Utf8Table(
            new MappedMemory<long>(this, At(bounds), (int)(bounds.Length / sizeof(long))).Memory,
            new MappedMemory<byte>(this, At(bytes), (int)bytes.Length).Memory);
    }

    private IReadOnlyList<CategoricalAttribute> Attributes(AttributeSectionNames sections, int rowCount)
    {
        if (Find(sections.Names) is null) return [];
        return AttributeSections.View(
            Table(sections.NameOffsets, sections.Names),
            Table(sections.ValueOffsets, sections.Values),
            View<int>(sections.ValueCounts).Span,
            View<long>(sections.RowOffsets),
            View<int>(sections.Codes),
            rowCount) ?? throw Damaged($"the attributes in section '{sections.Names}' do not fit together");
    }

    private Memory<T> View<T>(string name)
        where T : unmanaged
    {
        StoreSection section = Require(name);
        long length = section.Length / sizeof(T);
        if (length > int.MaxValue) throw Damaged($"section '{name}' has an impossible length");
        return new MappedMemory<T>(this, At(section), (int)length).Memory;
    }

    private T ReadJson<T>(string name, JsonTypeInfo<T> type)
    {
        StoreSection section = Require(name);
        if (section.Length > int.MaxValue) throw Damaged($"section '{name}' has an impossible length");
        try
        {
            return JsonSerializer.Deserialize(new ReadOnlySpan<byte>(At(section), (int)section.Length), type) ?? throw Damaged($"the {name} is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidInputException(Damaged($"the {name} is not JSON").Message, error);
        }
    }

    private InvalidInputException Damaged(string what) => new($"{Path} is damaged: {what}; copy it again or prepare the data again");
}
