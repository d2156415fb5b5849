using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

public sealed class SequenceStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    public void What_is_written_is_what_is_read(bool ratings, bool timestamps, bool titles)
    {
        int[] lengths = [3, 1, 0, 12];
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), lengths, 9, ratings, timestamps, titles));

        Assert.Equal((4, 16L, 9), (store.UserCount, store.InteractionCount, store.Items.Count));
        Assert.Equal((ratings, timestamps, titles), (store.HasRatings, store.HasTimestamps, store.Items.HasTitles));
        for (int user = 0; user < lengths.Length; user++)
        {
            UserSequence sequence = store[user];
            Assert.Equal(lengths[user], sequence.Length);
            for (int i = 0; i < sequence.Length; i++)
            {
                Assert.Equal(SmallStore.Item(user, i, 9), sequence.Items[i]);
                if (ratings) Assert.Equal(SmallStore.Rating(user, i), sequence.Ratings[i]);
                if (timestamps) Assert.Equal(SmallStore.Time(user, i), sequence.Timestamps[i]);
            }

            Assert.Equal($"user {user}", store.UserId(user));
            Assert.True(store.TryFindUser($"user {user}", out int found));
            Assert.Equal(user, found);
        }

        Assert.False(store.TryFindUser("nobody", out _));
        store.Verify(TestContext.Current.CancellationToken);
        Assert.Equal(["s"], folder.Names);
    }

    [Fact]
    public void Metadata_carry_counts_and_options()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [2, 2]));
        Assert.Equal(("small", "a test", "as written"), (store.Name, store.Metadata.Source, store.Metadata.OrderRule));
        Assert.Equal((2, 9, 4L), (store.Metadata.UserCount, store.Metadata.ItemCount, store.Metadata.InteractionCount));
        Assert.Equal("2", store.Metadata.Options["b"]);
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_contents()
    {
        string a = Fingerprint("a", [3, 4]);
        Assert.Equal(a, Fingerprint("b", [3, 4]));
        Assert.NotEqual(a, Fingerprint("c", [4, 3]));
        Assert.Equal(64, a.Length);

        string Fingerprint(string name, int[] lengths)
        {
            using var store = SequenceStore.Open(SmallStore.Write(folder.File(name), lengths));
            return store.Fingerprint;
        }
    }

    [Fact]
    public void A_truncated_file_is_named_with_both_lengths()
    {
        byte[] whole = File.ReadAllBytes(SmallStore.Write(folder.File("s"), [3, 1, 5]));
        StoreHeader header;
        using (var stream = File.OpenRead(folder.File("s"))) header = StoreHeader.Read(stream, whole.Length, "s");

        IEnumerable<long> boundaries = header.Sections.SelectMany(section => new[] { section.Offset, section.Offset + section.Length - 1 });
        foreach (long length in boundaries.Concat([8, 23, 24, 100, whole.Length - 1]).Distinct())
        {
            File.WriteAllBytes(folder.File("cut"), whole[..(int)length]);
            var error = Assert.Throws<InvalidInputException>(() => SequenceStore.Open(folder.File("cut")));
            Assert.Contains($"{length:N0} found", error.Message, StringComparison.Ordinal);
            Assert.Contains("bytes expected", error.Message, StringComparison.Ordinal);
            Assert.Contains(folder.File("cut"), error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_flipped_byte_is_detected()
    {
        byte[] whole = File.ReadAllBytes(SmallStore.Write(folder.File("s"), [3, 1, 5]));
        StoreHeader header;
        using (var stream = File.OpenRead(folder.File("s"))) header = StoreHeader.Read(stream, whole.Length, "s");
        int headerEnd = 24 + 64 * header.Sections.Count + 32;
        bool Counts(int at) => at < headerEnd || header.Sections.Any(section => at >= section.Offset && at < section.Offset + section.Length);

        for (int at = 0; at < whole.Length; at++)
        {
            // The zeros between sections belong to nothing.
            if (!Counts(at)) continue;
            byte[] flipped = [.. whole];
            flipped[at] ^= 0x41;
            File.WriteAllBytes(folder.File("flipped"), flipped);
            Assert.Throws<InvalidInputException>(() =>
            {
                using var store = SequenceStore.Open(folder.File("flipped"));
                store.Verify(TestContext.Current.CancellationToken);
            });
        }
    }

    [Fact]
    public void Damaged_offsets_never_become_a_view_outside_the_file()
    {
        string path = SmallStore.Write(folder.File("s"), [3, 1, 5]);
        byte[] bytes = File.ReadAllBytes(path);
        StoreHeader header;
        using (var stream = File.OpenRead(path)) header = StoreHeader.Read(stream, bytes.Length, path);
        long offsets = header.Sections.Single(section => section.Name == StoreSections.UserOffsets).Offset;
        bytes[offsets + 8 + 5] = 1;
        File.WriteAllBytes(path, bytes);

        using var store = SequenceStore.Open(path);
        Assert.Throws<InvalidInputException>(() => { _ = store[0].Length; });
        Assert.Throws<InvalidInputException>(() => { _ = store[1].Length; });
        Assert.Equal(5, store[2].Length);
    }

    [Fact]
    public void A_file_that_is_something_else_is_called_so()
    {
        var error = Assert.Throws<InvalidInputException>(() => SequenceStore.Open(folder.Write("x", "user,item\n1,2\n")));
        Assert.Contains("is not a sequence store", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidInputException>(() => SequenceStore.Open(folder.File("absent")));
        Assert.Contains("does not exist", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => SequenceStore.Open(folder.Write("empty", "")));
    }

    [Fact]
    public void A_store_of_another_version_is_refused_by_number()
    {
        string path = SmallStore.Write(folder.File("s"), [3]);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[8] = 9;
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<InvalidInputException>(() => SequenceStore.Open(path));
        Assert.Contains("version 9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unfinished_store_leaves_nothing_and_the_old_one_stands()
    {
        string path = SmallStore.Write(folder.File("s"), [3]);
        byte[] before = File.ReadAllBytes(path);
        using (var writer = new SequenceStoreWriter(path, SmallStore.Metadata, SmallStore.Items(9), false, false))
        {
            writer.Add("someone", [1, 2], [], []);
            Assert.Equal(before, File.ReadAllBytes(path));
        }

        Assert.Equal(["s"], folder.Names);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_store_may_be_replaced_while_it_is_open()
    {
        string path = SmallStore.Write(folder.File("s"), [3]);
        using var old = SequenceStore.Open(path);
        SmallStore.Write(path, [4, 4]);
        using var replaced = SequenceStore.Open(path);
        Assert.Equal((1, 2), (old.UserCount, replaced.UserCount));
        Assert.Equal(3, old[0].Length);
    }

    [Fact]
    public void An_output_folder_that_cannot_be_written_is_named_with_the_reason()
    {
        string file = folder.Write("file", "x");
        string target = Path.Combine(file, "store");
        var error = Assert.Throws<InvalidInputException>(() => SmallStore.Write(target, [2]));
        Assert.Contains($"{target} cannot be written: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Users_who_break_the_rules_are_refused()
    {
        using var writer = new SequenceStoreWriter(folder.File("s"), SmallStore.Metadata, SmallStore.Items(9), true, true);
        Assert.Throws<ArgumentException>(() => writer.Add("u", [0], [1], [1]));
        Assert.Throws<ArgumentException>(() => writer.Add("u", [10], [1], [1]));
        Assert.Throws<ArgumentException>(() => writer.Add("u", [1, 2], [1], [1, 2]));
        Assert.Throws<ArgumentException>(() => writer.Add("u", [1, 2], [1, 2], []));
        Assert.Contains("fall from 2 to 1", Assert.Throws<InvalidInputException>(() => writer.Add("u", [1, 2], [1, 2], [2, 1])).Message, StringComparison.Ordinal);
        writer.Add("u", [1], [1], [1]);
        writer.Add("u", [1], [1], [1]);
        Assert.Contains("'u' stands twice", Assert.Throws<InvalidInputException>(writer.Complete).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("s")));
    }

    [Fact]
    public void A_closed_store_is_not_read()
    {
        var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [3]));
        ItemVocabulary items = store.Items;
        store.Dispose();
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { _ = store[0].Length; });
        Assert.Throws<ObjectDisposedException>(() => items.Id(1));
        Assert.Throws<ObjectDisposedException>(() => store.UserId(0));
    }
}
