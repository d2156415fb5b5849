namespace Sequor.Cli;

/// <summary>Files that a command will write.</summary>
internal static class OutputFile
{
    /// <summary>Refuses devices: an output is renamed over what has its name, which would take <c>/dev/null</c> from the whole machine.</summary>
    /// <exception cref="InvalidInputException">The path lies among the devices.</exception>
    public static void RequireReplaceable(string path)
    {
        string full = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows() || !(full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal))) return;
        // Memory-backed folders hold ordinary files.
        if (full.StartsWith("/dev/shm/", StringComparison.Ordinal)) return;
        throw new InvalidInputException($"{path} is a device, not a file that can be replaced; give the path of a file");
    }
}
