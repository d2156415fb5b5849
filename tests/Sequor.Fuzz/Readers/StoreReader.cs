using Sequor.Data;
using Sequor.Fuzz.Mutation;

namespace Sequor.Fuzz.Readers;

/// <summary>Stores: damaged as they are, and, mostly, with checksums that are right, so that what stands behind them is believed.</summary>
internal sealed class StoreReader : FuzzReader
{
    private const string FileName = "data.sequor";
    private readonly byte[] _valid;
    private readonly List<(string Name, byte[] Bytes)> _sections;

    public StoreReader(Workspace workspace) : base("store", workspace)
    {
        string path = workspace.At(FileName);
        Write(path);
        _valid = File.ReadAllBytes(path);
        File.Delete(path);
        _sections = [.. StoreHeader.Read(new MemoryStream(_valid), _valid.Length, path).Sections.Select(section => (section.Name, _valid.AsSpan((int)section.Offset, (int)section.Length).ToArray()))];
    }

    // The hash that finds ids has a least size, and a page of the file is a page.
    public override long AllowedBytes(long size) => (1 << 20) + 64 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        if (random.Once(8)) return FuzzInput.Of(FileName, ByteMutator.Mutate(random, _valid));
        List<(string Name, byte[] Bytes)> sections = [.. _sections];
        for (int count = random.Count(); count > 0; count--) Change(random, sections);
        var header = StoreHeader.Arrange(sections.ConvertAll(section => (section.Name, (long)section.Bytes.Length, System.Security.Cryptography.SHA256.HashData(section.Bytes))));
        if (random.Once(8)) header = Misplace(random, header);
        byte[] head = header.ToBytes(), file = new byte[Math.Max(header.FileLength, head.Length)];
        for (int i = 0; i < sections.Count; i++)
            if (header.Sections[i].Offset is >= 0 and <= int.MaxValue and var offset && offset + sections[i].Bytes.Length <= file.Length) sections[i].Bytes.CopyTo(file, offset);
        head.CopyTo(file, 0);
        return FuzzInput.Of(FileName, file);
    }

    public override void Read(FuzzInput input)
    {
        string path = Workspace.At(FileName);
        if (!SequenceStore.IsStore(path)) Require(input.Files[FileName].Length < 8 || input.Files[FileName][0] != 'S' || !input.Files[FileName].AsSpan(0, 8).SequenceEqual("SEQUORSQ"u8), "a store is not told from other files");
        using SequenceStore store = SequenceStore.Open(path);
        store.Verify();
        Use(store);
    }

    /// <summary>Looks at everything that a store offers.</summary>
    public static void Use(SequenceStore store)
    {
        int itemCount = store.Items.Count;
        for (int user = 0; user < store.UserCount; user++)
        {
            UserSequence events = store[user];
            foreach (int item in events.Items) Require(item >= 1 && item <= itemCount, "an event of an item that there is not");
            foreach (float rating in events.Ratings) Require(float.IsFinite(rating), "a rating that is no number");
            for (int i = 1; i < events.Timestamps.Length; i++) Require(events.Timestamps[i] >= events.Timestamps[i - 1], "times that fall");
            _ = store.UserKey(user);
            Require(store.TryFindUser(store.UserId(user), out int found) && (found == user || store.UserId(found) == store.UserId(user)), "a user whose id does not lead back");
            foreach (CategoricalAttribute attribute in store.UserAttributes) _ = attribute.ValuesAt(user).Count;
        }

        for (int item = 1; item <= itemCount; item++)
        {
            _ = store.Items.Title(item);
            _ = store.Items.TryGetIndex(store.Items.Id(item), out _);
            foreach (CategoricalAttribute attribute in store.Items.Attributes) _ = attribute.ValuesAt(item - 1).Count;
        }

        _ = store.Name.Length + store.Metadata.Source.Length + store.Metadata.OrderRule.Length + store.Metadata.Options.Sum(option => option.Key.Length + option.Value.Length);
        if (store.Report is { } report) _ = report.Findings.Sum(finding => finding.Length) + report.Dropped.Sum(dropped => dropped.Reason.Length + dropped.Examples.Sum(example => example.Length));
        foreach (EvaluationProtocol protocol in new[] { EvaluationProtocol.Reference, EvaluationProtocol.Validation }) _ = ItemPopularity.Count(LeaveOneOut.Train(store, protocol, 10)).Length;
    }

    private static void Change(FuzzRandom random, List<(string Name, byte[] Bytes)> sections)
    {
        int at = random.Below(sections.Count);
        (string name, byte[] bytes) = sections[at];
        switch (random.Below(12))
        {
            case 0: if (sections.Count > 1) sections.RemoveAt(at); break;
            case 1: if (sections.Count < 64) sections.Insert(random.Below(sections.Count + 1), (random.Once(2) ? name : "other", bytes)); break;
            case 2: sections[at] = (sections[random.Below(sections.Count)].Name, bytes); break;
            case 3: sections[at] = (name, sections[random.Below(sections.Count)].Bytes); break;
            default:
                bool json = name is StoreSections.Metadata or StoreSections.Report;
                sections[at] = (name, json && bytes.Length > 0 && bytes[0] == '{' && !random.Once(6) ? Json(random, bytes) : ByteMutator.Mutate(random, bytes));
                break;
        }
    }

    private static byte[] Json(FuzzRandom random, byte[] bytes)
    {
        try
        {
            return JsonMutator.Mutate(random, bytes, ["name", "source", "options", "dropped", "findings", "appended", "rowCount"]);
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or InvalidOperationException)
        {
            // It was changed before.
            return ByteMutator.Mutate(random, bytes);
        }
    }

    // Sections that overlap, leave the file or lie off their alignment.
    private static StoreHeader Misplace(FuzzRandom random, StoreHeader header)
    {
        List<StoreSection> sections = [.. header.Sections];
        int at = random.Below(sections.Count);
        long offset = random.Once(2) ? sections[at].Offset + random.Below(16) - 8 : random.Of<long>(Extremes.Integers);
        long length = random.Once(2) ? sections[at].Length : random.Of<long>(Extremes.Integers);
        sections[at] = sections[at] with { Offset = offset, Length = length };
        return header with { Sections = sections };
    }

    private static void Write(string path)
    {
        string[][] values = [["a", "b"], [], ["b"], ["c"], ["a"]];
        var items = ItemVocabulary.Create(["i1", "i2", "é3", "i4", "i5"], ["One", null, "Three", "Four", "Five"], [CategoricalAttribute.Create("genre", values), CategoricalAttribute.Create("year", values)]);
        var metadata = new SequenceStoreMetadata { Name = "fuzz", Source = "made up", OrderRule = "as written", Options = new Dictionary<string, string> { ["min"] = "1" } };
        using var writer = new SequenceStoreWriter(path, metadata, items, hasRatings: true, hasTimestamps: true);
        for (int user = 0; user < 6; user++)
            writer.Add($"user {user}", [.. Enumerable.Range(0, user + 1).Select(i => 1 + (user + i) % 5)], [.. Enumerable.Range(0, user + 1).Select(i => i + 0.5f)], [.. Enumerable.Range(0, user + 1).Select(i => 978300000L + i)]);
        writer.UserAttributes = [CategoricalAttribute.Create("sex", [["F"], ["M"], [], ["F"], ["M"], ["F"]])];
        writer.Report = new PreparationReport
        {
            RowCount = 30, KeptCount = 21, Dropped = [new DroppedRows("too few", 9, ["u, i (1)"])], Findings = ["times are seconds"], Appended = new AppendedCounts(1, 2, 3),
        };
        writer.Complete();
    }
}
