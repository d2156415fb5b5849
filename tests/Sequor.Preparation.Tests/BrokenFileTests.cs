using System.IO.Compression;
using System.Text;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>Files that are broken as files are: each refused in one line that names the place, nothing written.</summary>
public sealed class BrokenFileTests : IDisposable
{
    private const string Header = "user,item,rating,time\n";

    private static readonly string Rows = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"u{i % 97},i{i % 31},{1 + i % 5},{1_000_000_000 + i}\n"));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string, string> Texts => new()
    {
        { Header.Replace(',', '^') + Rows.Replace(',', '^'), "column 'user' is not among the columns 'user^item^rating^time'; name one of these, or another delimiter (--delimiter; ',' was taken)", ":1)" },
        { Header + "u1,\"i1,3,1000000001\n" + Rows, "a quote opens and does not close", ":2)" },
        { Header + Rows + "u1,\"i\"1\",3,1000000001\n", "a quote opens and does not close, or stands within a field", ":5002)" },
        { Header + Rows + "u1,i\0x,3,1000000002\n", "column 'item' = 'i\\0x' holds a NUL byte", ":5002)" },
        { Header + Rows + "u1,i1,1e400,1000000002\n", "column 'rating' = '1e400' must be a number", ":5002)" },
        { Header + Rows + "u1,i1,3,-5\n", "column 'time' = '-5' must be a number of seconds since 1970", ":5002)" },
        { Header + Rows + "u1,i1,3,253402300799\n", "lies before the year 2200", ":5002)" },
        { Header + Rows + "u1,i1,3,79228162514264337593543950\n", "column 'time' = '79228162514264337593543950' must be a number of seconds", ":5002)" },
        { "", "is empty; its first line must name the columns", "columns" },
        { Rows, "--no-header when no line names the columns", ":1)" },
        { "user,item,rating,user\n" + Rows, "the header names column 'user' twice", ":1)" },
        { Header + Rows + "u1,i1,3\n", "the row has 3 columns where 4 are expected", ":5002)" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_broken_text_is_refused_with_its_place(string text, string message, string end) => Refused(folder.Write("r.csv", text), message, end);

    [Fact]
    public void Mixed_encodings_are_refused_with_their_line()
    {
        string path = folder.File("r.csv");
        File.WriteAllBytes(path, [.. Encoding.UTF8.GetBytes(Header + Rows + "u1,café,3,1000000002\n"), .. Encoding.Latin1.GetBytes("u1,café,3,1000000003\n")]);
        Refused(path, "the source is not UTF-8 text", ":5003)");
    }

    [Fact]
    public void A_file_full_of_gzip_headers_is_not_unpacked_for_ever()
    {
        string path = folder.File("r.csv.gz");
        File.WriteAllBytes(path, [.. Enumerable.Repeat<byte[]>([0x1F, 0x8B, 0x08], 200_000).SelectMany(start => start)]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidInputException>(() => Sequor.Preparation.Reading.GzipCheck.Run([path], TestContext.Current.CancellationToken));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);
    }

    [Theory]
    [InlineData(.999)]
    [InlineData(.66)]
    [InlineData(.01)]
    public void A_truncated_gzip_file_is_refused(double part)
    {
        byte[] whole = Gzip(Header + Rows);
        string path = folder.File("r.csv.gz");
        File.WriteAllBytes(path, whole[..(int)(part * whole.Length)]);
        Refused(path, "it is truncated or damaged; fetch it again", "again");
    }

    [Fact]
    public void A_truncated_file_of_many_gzip_members_is_refused()
    {
        string path = folder.File("r.csv.gz");
        byte[] whole = [.. Gzip(Header), .. Enumerable.Range(0, 20_000).SelectMany(i => Gzip($"u{i % 9},i{i % 7},3,{1_000_000_000 + i}\n"))];
        File.WriteAllBytes(path, whole[..^3]);
        Refused(path, "it is truncated or damaged; fetch it again", "again");
        File.WriteAllBytes(path, whole);
        Assert.Equal(20_000, Prepared.Prepare(Source(path), folder.File("s")).InteractionCount);
    }

    [Fact]
    public void A_truncated_items_file_is_refused()
    {
        byte[] whole = Gzip("id\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"i{i * 7919}\n")));
        string ratings = folder.Write("r.csv", Header + Rows), items = folder.File("items.csv.gz");
        File.WriteAllBytes(items, whole[..(whole.Length / 2)]);
        var error = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(ratings) with { ItemsPath = items, ItemIdColumn = "id" }, folder.File("s")));
        Assert.Contains("it is truncated or damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_gzip_files_of_one_or_many_members_are_read()
    {
        string one = folder.File("one.csv.gz"), many = folder.File("many.csv.gz");
        File.WriteAllBytes(one, Gzip(Header + Rows));
        File.WriteAllBytes(many, [.. Gzip(Header + Rows[..20_000]), .. Gzip(Rows[20_000..])]);
        Assert.Equal(5_000, Prepared.Prepare(Source(one), folder.File("s")).InteractionCount);
        Assert.Equal(5_000, Prepared.Prepare(Source(many), folder.File("s")).InteractionCount);
    }

    [Fact]
    public void A_truncated_zstd_file_is_refused_and_a_whole_one_read()
    {
        string path = folder.File("r.csv.zst");
        byte[] whole = Convert.FromBase64String(Zstandard);
        File.WriteAllBytes(path, whole);
        Assert.Equal(3, Prepared.Prepare(Source(path), folder.File("s")).InteractionCount);
        File.Delete(folder.File("s"));
        for (int length = 1; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Refused(path, "it is truncated or damaged; fetch it again", "again");
        }
    }

    [Theory]
    [InlineData("r.csv.gz", "is not gzip, or damaged")]
    [InlineData("r.parquet", "No magic bytes found")]
    [InlineData("r.jsonl", "Malformed JSON")]
    public void A_file_that_is_not_what_its_name_says_is_refused(string name, string message)
    {
        string text = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(folder.Write(name, Header + Rows)), folder.File("s"))).Message;
        Assert.Contains(message, text, StringComparison.Ordinal);
        Assert.Equal([name], folder.Names);
    }

    private void Refused(string path, string message, string end)
    {
        string text = Assert.Throws<InvalidInputException>(() => Prepared.Prepare(Source(path), folder.File("s"))).Message;
        Assert.Contains(message, text, StringComparison.Ordinal);
        Assert.EndsWith(end, text, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", text, StringComparison.Ordinal);
        Assert.Equal([Path.GetFileName(path)], folder.Names);
    }

    // What `printf 'user,item,rating,time\na,x,1,5\na,y,2,6\nb,x,3,7\n' | zstd` writes.
    private const string Zstandard = "KLUv/QRYcQEAdXNlcixpdGVtLHJhdGluZyx0aW1lCmEseCwxLDUKYSx5LDIsNgpiLHgsMyw3Cl+HESg=";

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }

    private static DelimitedRatingsSource Source(string path) => new()
    {
        Paths = [path], UserColumn = "user", ItemColumn = "item", RatingColumn = "rating", TimeColumn = "time",
    };
}
