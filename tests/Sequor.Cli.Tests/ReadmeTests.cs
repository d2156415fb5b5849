using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>Types the README's commands where a reader would: in a folder of their own, with names relative to it.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_commands_for_your_own_ratings_work_as_they_are_written()
    {
        string root = Root();
        string[] commands = Commands(Path.Combine(root, "README.md"), "## Your own ratings");
        Assert.Equal(["prepare", "inspect", "train", "evaluate", "recommend", "recommend"], commands.Select(command => command.Split(' ')[1]));
        Directory.CreateDirectory(folder.File("configs/ml-1m"));
        File.Copy(Path.Combine(root, "configs/ml-1m/hstu.gin"), folder.File("configs/ml-1m/hstu.gin"));
        folder.Write("ratings.csv", Ratings());
        foreach (string command in commands) await Run(command);
    }

    [Fact]
    public async Task The_commands_for_files_of_every_kind_work_as_they_are_written()
    {
        string[] commands = Commands(Path.Combine(Root(), "docs/data.md"), "# Your own data");
        Assert.Equal(5, commands.Length);
        folder.Write("ratings.csv", Ratings());
        folder.Write("ratings_Books.csv", Ratings()[("userId,movieId,rating,timestamp\n".Length)..]);
        Directory.CreateDirectory(folder.File("logs"));
        foreach (string name in (string[])["a", "b"])
        {
            using var gzip = new GZipStream(File.Create(folder.File($"logs/{name}.csv.gz")), CompressionLevel.Fastest);
            gzip.Write(Encoding.UTF8.GetBytes(Ratings().Replace("userId,movieId,rating,timestamp", "user,video,rating,time_ms", StringComparison.Ordinal)));
        }

        folder.Write("reviews.jsonl", """
            {"user_id":"u","business_id":"b","stars":4.0,"date":"2018-07-07 22:09:11","text":"good"}
            {"user_id":"u","business_id":"c","stars":5.0,"date":"2018-07-08 22:09:11","text":"better"}

            """);
        await Run("sequor prepare ratings.csv --user userId --item movieId --time timestamp --out plays.sequor");
        await Run("sequor export plays.sequor --format parquet --out exported.parquet");
        await Run("sequor prepare exported.parquet --user user_id --item item_id --time timestamp --out again.sequor");
        foreach (string command in commands.Where(command => !command.Contains("plays.parquet", StringComparison.Ordinal))) await Run(command);
    }

    private static string[] Commands(string path, string heading) =>
    [
        .. File.ReadLines(path).SkipWhile(line => line != heading).Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)).Where(line => line.StartsWith("sequor ", StringComparison.Ordinal)),
    ];

    private async Task Run(string command)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. command.Replace("'", "", StringComparison.Ordinal).Split(' ')[1..]])
        {
            WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        Assert.True(process.ExitCode == 0, $"{command}\n{string.Concat(said)}");
    }

    // Sixty users up to number 60, so that user 42 is there, and the three items that the README names.
    private static string Ratings()
    {
        var csv = new StringBuilder("userId,movieId,rating,timestamp\n");
        int[] movies = [1193, 661, 914, 3, 4, 5, 6, 7];
        for (int user = 1; user <= 60; user++)
            for (int i = 0; i < 6; i++)
                csv.Append(CultureInfo.InvariantCulture, $"{user},{movies[(user + i) % movies.Length]},{1 + i % 5},{1000 * i + user}\n");
        return csv.ToString();
    }

    internal static string Root()
    {
        string? place = AppContext.BaseDirectory;
        while (place is not null && !File.Exists(Path.Combine(place, "Sequor.slnx"))) place = Path.GetDirectoryName(place);
        return place ?? throw new InvalidOperationException("no Sequor.slnx above the tests");
    }
}
