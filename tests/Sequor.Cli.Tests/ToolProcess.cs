using System.Diagnostics;
using Xunit;

namespace Sequor.Cli.Tests;

/// <summary>The tool as a process of its own: only that can be killed.</summary>
internal static class ToolProcess
{
    internal static Process Start(params string[] arguments)
    {
        Process process = Process.Start(Of(arguments))!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>How it is started, with both streams to be read.</summary>
    internal static ProcessStartInfo Of(params string[] arguments) => new("dotnet", ["exec", typeof(CommandLine).Assembly.Location, .. arguments])
    {
        RedirectStandardOutput = true, RedirectStandardError = true,
    };

    /// <summary>Waits for what must succeed.</summary>
    internal static void Finish(Process process)
    {
        using (process)
        {
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }
}
