using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>Named sets over the network, as the command line shows it. One class, because the cache is named by a variable of the process.</summary>
public sealed class DownloadTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string? cache = Environment.GetEnvironmentVariable("SEQUOR_CACHE");

    public DownloadTests() => Environment.SetEnvironmentVariable("SEQUOR_CACHE", folder.File("cache"));

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("SEQUOR_CACHE", cache);
        folder.Dispose();
    }

    [Fact]
    public void Without_network_a_line_says_what_was_not_reached_and_how_to_do_without()
    {
        string address = $"http://127.0.0.1:{UnusedPort()}/ml-1m.zip";
        Tool run = Tool.Run("prepare", "ml-1m", "--source", address, "--out", folder.File("out.sequor"));
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Equal(
            [
                "note: ml-1m is published at https://grouplens.org/datasets/movielens/1m/ (research use, no redistribution, no commercial use without permission); who downloads it accepts its terms",
                $"{address} cannot be reached: Connection refused; look at the network, or give a file at hand or a mirror with --source FILE|DIR|URL",
            ],
            run.Error.TrimEnd('\n').Split('\n'));
        Assert.False(File.Exists(folder.File("out.sequor")));
    }

    [Fact]
    public void Files_at_hand_are_read_without_a_word_about_downloads()
    {
        folder.Write("movies.dat", "1::A (2001)::X\n2::B (2002)::X\n");
        folder.Write("ratings.dat", "1::1::5::100\n1::2::5::101\n");
        Tool run = Tool.Run("prepare", "ml-1m", "--source", folder.Path, "--no-verify", "--out", folder.File("out.sequor"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.DoesNotContain("published at", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("cache")));
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
