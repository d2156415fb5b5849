using System.Diagnostics;
using System.Globalization;
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
        string[] commands = [.. File.ReadLines(Path.Combine(root, "README.md"))
            .SkipWhile(line => line != "## Your own ratings").Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("sequor ", StringComparison.Ordinal))];
        Assert.Equal(["prepare", "train", "evaluate", "recommend", "recommend"], commands.Select(command => command.Split(' ')[1]));
        Directory.CreateDirectory(folder.File("configs/ml-1m"));
        File.Copy(Path.Combine(root, "configs/ml-1m/hstu.gin"), folder.File("configs/ml-1m/hstu.gin"));
        folder.Write("ratings.csv", Ratings());
        foreach (string command in commands)
        {
            var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. command.Split(' ')[1..]])
            {
                WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            CancellationToken cancellation = TestContext.Current.CancellationToken;
            string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
            await process.WaitForExitAsync(cancellation);
            Assert.True(process.ExitCode == 0, $"{command}\n{string.Concat(said)}");
        }
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

    private static string Root()
    {
        string? place = AppContext.BaseDirectory;
        while (place is not null && !File.Exists(Path.Combine(place, "Sequor.slnx"))) place = Path.GetDirectoryName(place);
        return place ?? throw new InvalidOperationException("no Sequor.slnx above the tests");
    }
}
