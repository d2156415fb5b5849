using System.Security.Cryptography;
using Sequor.Preparation.Downloads;
using Xunit;

namespace Sequor.Preparation.Tests.Downloads;

public sealed class DownloadTests : IDisposable
{
    private static readonly byte[] Bytes = MakeBytes(3_000_000, 1);

    private readonly TemporaryFolder folder = new();
    private readonly FileServer server = new(Bytes);

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_file_arrives_whole_and_leaves_nothing_beside_it()
    {
        Run(md5: Md5(Bytes));
        Assert.Equal(Bytes, File.ReadAllBytes(folder.File("set.zip")));
        Assert.Equal(["set.zip"], folder.Names);
        Assert.Equal([""], server.Ranges);
    }

    [Fact]
    public void A_connection_that_breaks_off_is_taken_up_where_it_broke()
    {
        server.BreakOffs.Enqueue(1_000_000);
        server.BreakOffs.Enqueue(500_000);
        Run(md5: Md5(Bytes));
        Assert.Equal(Bytes, File.ReadAllBytes(folder.File("set.zip")));
        Assert.Equal(["", "bytes=1000000- \"one\"", "bytes=1500000- \"one\""], server.Ranges);
    }

    [Fact]
    public void More_breaks_than_attempts_are_fine_while_bytes_keep_coming()
    {
        for (int i = 0; i < 7; i++) server.BreakOffs.Enqueue(300_000);
        Run();
        Assert.Equal(Bytes, File.ReadAllBytes(folder.File("set.zip")));
        Assert.Equal(8, server.Ranges.Length);
    }

    [Fact]
    public void A_cancelled_download_goes_on_in_the_next_run()
    {
        using var cancellation = new CancellationTokenSource();
        var cancelAtHalf = new Listener(progress =>
        {
            if (progress.Done >= 1 << 20) cancellation.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => new Download(server.Address("set.zip"), folder.File("set.zip"), cancelAtHalf).Run(cancellation.Token));
        Assert.Equal(["set.zip.part", "set.zip.part.tag"], folder.Names);
        long have = new FileInfo(folder.File("set.zip.part")).Length;
        Assert.InRange(have, 1 << 20, Bytes.Length - 1);

        Run(md5: Md5(Bytes));
        Assert.Equal(Bytes, File.ReadAllBytes(folder.File("set.zip")));
        Assert.Equal($"bytes={have}- \"one\"", server.Ranges[^1]);
    }

    [Fact]
    public void Another_version_at_the_server_is_fetched_from_its_beginning()
    {
        server.AlwaysBreakOffAt = 1_000_000;
        server.HasRanges = false;
        Assert.Throws<InvalidInputException>(() => Run());
        Assert.Equal(1_000_000, new FileInfo(folder.File("set.zip.part")).Length);

        byte[] other = MakeBytes(2_000_000, 2);
        (server.Content, server.Tag, server.HasRanges, server.AlwaysBreakOffAt) = (other, "\"two\"", true, int.MaxValue);
        Run(md5: Md5(other));
        Assert.Equal("bytes=1000000- \"one\"", server.Ranges[^1]);
        Assert.Equal(other, File.ReadAllBytes(folder.File("set.zip")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("W/\"weak\"")]
    public void Without_a_mark_of_its_version_a_file_is_never_put_together_from_pieces(string? tag)
    {
        server.Tag = tag;
        server.BreakOffs.Enqueue(1_000_000);
        Run(md5: Md5(Bytes));
        Assert.Equal(["", ""], server.Ranges);
        Assert.Equal(Bytes, File.ReadAllBytes(folder.File("set.zip")));
    }

    [Fact]
    public void A_server_without_ranges_sends_it_again()
    {
        server.HasRanges = false;
        server.BreakOffs.Enqueue(1_000_000);
        Run(md5: Md5(Bytes));
        Assert.Equal(["", "bytes=1000000- \"one\""], server.Ranges);
        Assert.Equal(Bytes, File.ReadAllBytes(folder.File("set.zip")));
    }

    [Fact]
    public void A_body_that_is_always_cut_short_is_given_up_after_five_attempts()
    {
        server.HasRanges = false;
        server.AlwaysBreakOffAt = 1_000_000;
        string message = Assert.Throws<InvalidInputException>(() => Run()).Message;
        Assert.Contains("breaks off again and again at 1,000,000 bytes", message, StringComparison.Ordinal);
        Assert.Contains("--source FILE|DIR|URL", message, StringComparison.Ordinal);
        Assert.Equal(5, server.Ranges.Length);
        Assert.False(File.Exists(folder.File("set.zip")));
    }

    [Fact]
    public void A_wrong_checksum_removes_what_came_and_says_so()
    {
        string message = Assert.Throws<InvalidInputException>(() => Run(md5: Md5([1]))).Message;
        Assert.Contains($"its MD5 is {Md5(Bytes)}, published is {Md5([1])}; it was removed", message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_missing_file_is_not_asked_for_twice()
    {
        server.Status = "404 Not Found";
        string message = Assert.Throws<InvalidInputException>(() => Run()).Message;
        Assert.Contains($"{server.Address("set.zip")} cannot be downloaded: the server answers 404 Not Found; give", message, StringComparison.Ordinal);
        Assert.Single(server.Ranges);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_busy_server_is_asked_again()
    {
        server.Status = "503 Service Unavailable";
        string message = Assert.Throws<InvalidInputException>(() => Run()).Message;
        Assert.Contains("the server answers 503 Service Unavailable", message, StringComparison.Ordinal);
        Assert.Equal(5, server.Ranges.Length);
    }

    [Fact]
    public void A_part_that_was_complete_already_is_only_checked()
    {
        File.WriteAllBytes(folder.File("set.zip.part"), Bytes);
        File.WriteAllLines(folder.File("set.zip.part.tag"), [server.Address("set.zip").AbsoluteUri, "\"one\""]);
        server.Status = $"416 Range Not Satisfiable\r\nContent-Range: bytes */{Bytes.Length}";
        Run(md5: Md5(Bytes));
        Assert.Equal(["set.zip"], folder.Names);
        Assert.Equal(Bytes, File.ReadAllBytes(folder.File("set.zip")));
    }

    [Fact]
    public void A_part_of_another_address_is_not_continued()
    {
        File.WriteAllBytes(folder.File("set.zip.part"), [1, 2, 3]);
        File.WriteAllLines(folder.File("set.zip.part.tag"), ["http://127.0.0.1/other.zip", "\"one\""]);
        Run(md5: Md5(Bytes));
        Assert.Equal([""], server.Ranges);
    }

    [Fact]
    public void Progress_counts_the_bytes_of_the_whole_file()
    {
        server.BreakOffs.Enqueue(2_000_000);
        var reports = new List<PreparationProgress>();
        Run(progress: new Listener(reports.Add));
        Assert.All(reports, report => Assert.Equal(("downloading set.zip", (long?)Bytes.Length), (report.Stage, report.Total)));
        Assert.Equal(0, reports[0].Done);
        Assert.Equal(Bytes.Length, reports[^1].Done);
        Assert.Equal(reports.Select(report => report.Done).Order(), reports.Select(report => report.Done));
        Assert.Contains(reports, report => report.Done == 2_000_000);
    }

    private void Run(string? md5 = null, IProgress<PreparationProgress>? progress = null) =>
        new Download(server.Address("set.zip"), folder.File("set.zip"), progress) { Md5 = md5, FirstPause = TimeSpan.FromMilliseconds(1) }
            .Run(TestContext.Current.CancellationToken);

#pragma warning disable CA5351 // What publishers give.
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351

    private static byte[] MakeBytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Listener(Action<PreparationProgress> report) : IProgress<PreparationProgress>
    {
        public void Report(PreparationProgress value) => report(value);
    }
}
