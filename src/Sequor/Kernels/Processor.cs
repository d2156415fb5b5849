using System.Runtime.InteropServices;

namespace Sequor.Kernels;

/// <summary>The processor of this machine, for people who compare times.</summary>
public static class Processor
{
    private const string LinuxFile = "/proc/cpuinfo";
    private const string LinuxField = "model name";

    /// <summary>Its name as the system tells it; the architecture where the system tells none.</summary>
    public static string Name { get; } = Linux() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string? Linux()
    {
        try
        {
            if (!File.Exists(LinuxFile)) return null;
            string? line = File.ReadLines(LinuxFile).FirstOrDefault(line => line.StartsWith(LinuxField, StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() is { Length: > 0 } name ? name : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
