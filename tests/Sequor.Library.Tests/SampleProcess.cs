using System.Diagnostics;
using Xunit;

namespace Sequor.Library.Tests;

/// <summary>A sample as a process, as its reader runs it.</summary>
internal static class SampleProcess
{
    // Tests and samples are built side by side: artifacts/bin/NAME/CONFIGURATION.
    internal static ProcessStartInfo Of(string sample, params string[] arguments)
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string program = Repository.File("artifacts", "bin", sample, configuration, sample + ".dll");
        Assert.True(File.Exists(program), $"{program} is not there; build the solution");
        return new ProcessStartInfo("dotnet", ["exec", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }

    /// <summary>Runs what must succeed and say nothing on stderr; the lines that it wrote.</summary>
    internal static async Task<string[]> RunAsync(string sample, params string[] arguments)
    {
        using Process process = Process.Start(Of(sample, arguments))!;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        Assert.True(process.ExitCode == 0 && said[1].Length == 0, $"{sample}: exit code {process.ExitCode}\n{said[0]}{said[1]}");
        return said[0].TrimEnd('\n').Split('\n');
    }
}
