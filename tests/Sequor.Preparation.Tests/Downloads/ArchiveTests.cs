using Sequor.Preparation.Downloads;
using Xunit;

namespace Sequor.Preparation.Tests.Downloads;

public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, Func<(string, string)[], byte[]>> Kinds => new()
    {
        { "zip", members => Archives.Zip(members) },
        { "tar", members => Archives.Tar(members) },
        { "tar.gz", members => Archives.TarGzip(members) },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Only_the_named_files_are_taken_out_whatever_the_archive_is_called(string kind, Func<(string, string)[], byte[]> make)
    {
        Archive archive = Open(make([("set/data/a.csv", kind), ("set/b.csv", "b"), ("set/c.csv", "c")]));
        Assert.Equal(["a.csv", "c.csv"], Extract(archive, "a.csv", "c.csv", "d.csv").Order(StringComparer.Ordinal));
        Assert.Equal(["a.csv", "archive", "c.csv"], folder.Names);
        Assert.Equal(kind, File.ReadAllText(folder.File("a.csv")));
    }

    [Fact]
    public void A_tar_whose_member_has_an_impossible_size_is_refused()
    {
        byte[] tar = Archives.Tar(("a.csv", "x"));
        // The size of a member stands in the twelve bytes from 124 on; a first bit says that it is binary.
        tar.AsSpan(124, 12).Fill(0xFF);
        tar[124] = 0x80;
        tar.AsSpan(148, 8).Fill((byte)' ');
        string sum = Convert.ToString(tar.AsSpan(0, 512).ToArray().Sum(one => one), 8).PadLeft(6, '0');
        System.Text.Encoding.ASCII.GetBytes(sum + "\0 ").CopyTo(tar, 148);
        Assert.Contains("is damaged", Assert.Throws<InvalidInputException>(() => Extract(Open(tar), "a.csv")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../a.csv")]
    [InlineData("set/../../a.csv")]
    [InlineData("/etc/a.csv")]
    [InlineData("..\\a.csv")]
    [InlineData("C:\\a.csv")]
    public void A_member_that_points_out_of_the_archive_is_refused(string name)
    {
        foreach (byte[] bytes in new[] { Archives.Zip((name, "x")), Archives.TarGzip((name, "x")) })
        {
            string message = Assert.Throws<InvalidInputException>(() => Extract(Open(bytes), "a.csv")).Message;
            Assert.Contains($"its member '{name}' points out of the archive", message, StringComparison.Ordinal);
            Assert.Equal(["archive"], folder.Names);
        }
    }

    [Fact]
    public void A_name_that_stands_twice_is_refused() => Assert.Contains(
        "it holds a.csv twice",
        Assert.Throws<InvalidInputException>(() => Extract(Open(Archives.Zip(("x/a.csv", "1"), ("y/a.csv", "2"))), "a.csv")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_damaged_archive_is_named()
    {
        string text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i * 7919},"));
        byte[] zip = Archives.Zip(("a.csv", text)), tar = Archives.TarGzip(("a.csv", text));
        foreach (byte[] bytes in new[] { zip[..(zip.Length / 2)], tar[..(tar.Length / 2)] })
        {
            string message = Assert.Throws<InvalidInputException>(() => Extract(Open(bytes), "a.csv")).Message;
            Assert.Contains($"archive {folder.File("archive")} is damaged", message, StringComparison.Ordinal);
            File.Delete(folder.File("a.csv"));
        }
    }

    [Fact]
    public void Tables_are_no_archives()
    {
        File.WriteAllBytes(folder.File("t.csv.gz"), Archives.Gzip("user,item\n1,2\n"));
        Assert.Null(Archive.Open(folder.File("t.csv.gz")));
        Assert.Null(Archive.Open(folder.Write("t.csv", "user,item\n1,2\n")));
        Assert.Null(Archive.Open(folder.Write("empty", "")));
    }

    private IReadOnlyList<string> Extract(Archive archive, params string[] names) =>
        archive.Extract(names, folder.Path, null, TestContext.Current.CancellationToken);

    private Archive Open(byte[] bytes)
    {
        File.WriteAllBytes(folder.File("archive"), bytes);
        return Archive.Open(folder.File("archive"))!;
    }
}
