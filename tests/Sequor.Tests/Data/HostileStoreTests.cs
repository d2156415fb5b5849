using System.Security.Cryptography;
using System.Text;
using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

/// <summary>Stores whose checksums are right and whose contents are not: whoever makes a file can make those too.</summary>
public sealed class HostileStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10)]
    [InlineData(int.MaxValue)]
    public void An_event_of_no_item_of_the_catalogue_is_refused_where_it_is_read(int item)
    {
        using SequenceStore store = Made((StoreSections.Items, bytes => Put(bytes, 4, item)));
        Assert.Contains($"is of an item outside of 1..9", Assert.Throws<InvalidInputException>(() => store[0].Length).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => store.Verify(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(StoreSections.ItemIdOffsets, 8, -1L)]
    [InlineData(StoreSections.ItemIdOffsets, 8, long.MaxValue)]
    [InlineData(StoreSections.UserIdOffsets, 8, 1L << 40)]
    [InlineData(StoreSections.TitleOffsets, 16, long.MinValue)]
    public void A_text_that_lies_elsewhere_is_refused(string section, int at, long offset)
    {
        using SequenceStore store = Made((section, bytes => Put(bytes, at, offset)));
        Assert.Contains("of a table of texts is damaged", Assert.Throws<InvalidInputException>(() => Look(store)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => store.Verify(TestContext.Current.CancellationToken));
    }

    public static TheoryData<string, Func<byte[], byte[]>, string> Contents => new()
    {
        { StoreSections.Timestamps, bytes => Put(bytes, 8, -5L), "the times of user 0 fall" },
        { StoreSections.Ratings, bytes => Put(bytes, 0, float.NaN), "a rating of user 0 is NaN" },
        { StoreSections.ItemIds, bytes => [0xff, .. bytes[1..]], "item id 0 is not UTF-8" },
        { StoreSections.ItemIds, bytes => [.. bytes[..^1], bytes[^5]], "item id 'id-8' stands twice" },
        { StoreSections.UserIdOffsets, bytes => Put(bytes, 8, 0L), "user id 0 is empty" },
        { StoreSections.Metadata, bytes => Encoding.UTF8.GetBytes("""{"name":"a","source":"b","orderRule":"c","options":{"d":null}}"""), "its description of itself has gaps" },
    };

    [Theory]
    [MemberData(nameof(Contents))]
    public void What_the_writer_would_not_write_is_found_by_verifying(string section, Func<byte[], byte[]> change, string fault)
    {
        using SequenceStore store = Made((section, change));
        Assert.Contains(fault, Assert.Throws<InvalidInputException>(() => store.Verify(TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":null,"source":"b","orderRule":"c"}""")]
    [InlineData("""{"source":"b","orderRule":"c"}""")]
    [InlineData("""{"name":"a","source":"b","orderRule":"c","options":7}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public void A_description_without_what_it_needs_is_refused(string json) =>
        Assert.Throws<InvalidInputException>(() => Made((StoreSections.Metadata, _ => Encoding.UTF8.GetBytes(json))).Dispose());

    [Fact]
    public void What_a_description_leaves_out_is_empty()
    {
        using SequenceStore store = Made((StoreSections.Metadata, _ => """{"name":"a","source":"b","orderRule":"c"}"""u8.ToArray()));
        Assert.Empty(store.Metadata.Options);
    }

    [Fact]
    public void A_section_off_its_alignment_is_refused()
    {
        byte[] file = Valid(out StoreHeader header);
        StoreSection first = header.Sections[0];
        byte[] head = (header with { Sections = [first with { Offset = first.Offset + 8 }, .. header.Sections.Skip(1)] }).ToBytes();
        head.CopyTo(file, 0);
        File.WriteAllBytes(folder.File("off"), file);
        Assert.Contains("is no multiple of 64", Assert.Throws<InvalidInputException>(() => SequenceStore.Open(folder.File("off"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rating_that_is_no_number_is_not_written()
    {
        using var writer = new SequenceStoreWriter(folder.File("w"), SmallStore.Metadata, SmallStore.Items(3), hasRatings: true, hasTimestamps: false);
        Assert.Contains("is NaN", Assert.Throws<InvalidInputException>(() => writer.Add("u", [1, 2], [1, float.NaN], [])).Message, StringComparison.Ordinal);
    }

    // Sections are changed, and all checksums made again.
    private SequenceStore Made(params (string Name, Func<byte[], byte[]> Change)[] changes)
    {
        byte[] file = Valid(out StoreHeader header);
        (string Name, byte[] Bytes)[] sections = [.. header.Sections.Select(section =>
        {
            byte[] bytes = file.AsSpan((int)section.Offset, (int)section.Length).ToArray();
            return (section.Name, changes.FirstOrDefault(change => change.Name == section.Name).Change?.Invoke(bytes) ?? bytes);
        })];
        var changed = StoreHeader.Arrange([.. sections.Select(section => (section.Name, (long)section.Bytes.Length, SHA256.HashData(section.Bytes)))]);
        byte[] made = new byte[changed.FileLength];
        changed.ToBytes().CopyTo(made, 0);
        for (int i = 0; i < sections.Length; i++) sections[i].Bytes.CopyTo(made, changed.Sections[i].Offset);
        File.WriteAllBytes(folder.File("made"), made);
        return SequenceStore.Open(folder.File("made"));
    }

    private byte[] Valid(out StoreHeader header)
    {
        byte[] file = File.ReadAllBytes(SmallStore.Write(folder.File("valid"), [3, 2], attributes: true));
        header = StoreHeader.Read(new MemoryStream(file), file.Length, "valid");
        return file;
    }

    private static void Look(SequenceStore store)
    {
        for (int user = 0; user < store.UserCount; user++) _ = store.UserId(user);
        for (int item = 1; item <= store.Items.Count; item++) _ = store.Items.Id(item) + store.Items.Title(item);
    }

    private static byte[] Put<T>(byte[] bytes, int at, T value)
        where T : unmanaged
    {
        System.Runtime.InteropServices.MemoryMarshal.Write(bytes.AsSpan(at), value);
        return bytes;
    }
}
