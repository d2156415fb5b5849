using System.Runtime.InteropServices;

namespace Sequor.Storage;

/// <summary>What the file system does for files and directories that are replaced whole.</summary>
internal static partial class PathOnDisk
{
    private const int ReadOnly = 0;
    private const int CurrentDirectory = -100;
    private const uint ExchangeNames = 2;

    /// <summary>The full path, behind a symbolic link if there is one: replacing the target must not replace the link.</summary>
    public static string FollowLink(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var entry = new FileInfo(full);
        return entry.LinkTarget is null ? full : entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
    }

    /// <summary>An unused name in the same directory, hence on the same volume; the directory is created if missing.</summary>
    public static string TemporaryBeside(string path)
    {
        path = Path.GetFullPath(path);
        string directory = Path.GetDirectoryName(path) ?? throw new IOException("the root of a volume cannot be replaced");
        Directory.CreateDirectory(directory);
        return Path.Combine(directory, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
    }

    /// <summary>Makes a directory and those above it that are missing, and their names durable.</summary>
    public static void CreateDirectory(string path)
    {
        path = Path.GetFullPath(path);
        if (Directory.Exists(path)) return;
        string? parent = Path.GetDirectoryName(path);
        if (parent is not null) CreateDirectory(parent);
        Directory.CreateDirectory(path);
        if (parent is not null) FlushDirectory(parent);
    }

    /// <summary>Removes temporary files of a target that killed processes left; one that is being written is locked, and stays.</summary>
    public static void RemoveAbandoned(string path)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(directory)) return;
        foreach (string file in Directory.EnumerateFiles(directory, $".{Path.GetFileName(path)}.*.tmp"))
        {
            try
            {
                using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) File.Delete(file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another process writes it.
            }
        }
    }

    /// <summary>Turns the system's refusal into a sentence with the path.</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw CannotWrite(path, error);
        }
    }

    /// <summary>The sentence for an output that the system refuses.</summary>
    public static InvalidInputException CannotWrite(string path, Exception reason) =>
        new($"{path} cannot be written: {reason.Message.TrimEnd('.')}; choose another output or free the folder", reason);

    /// <summary>
    /// Makes renames and new names in a directory durable, where the system can; best effort, for some file systems refuse.
    /// </summary>
    public static void FlushDirectory(string path)
    {
        DiskSteps.Tell(DiskStep.FlushDirectory, path);
        // Windows has no such call: its file systems journal names themselves.
        if (OperatingSystem.IsWindows()) return;
        int handle = Open(path, ReadOnly);
        if (handle < 0) return;
        _ = Synchronise(handle);
        _ = Close(handle);
    }

    /// <summary>Exchanges two names in one step; false where the system has no such step.</summary>
    public static bool TryExchange(string first, string second)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            DiskSteps.Tell(DiskStep.Exchange, first, second);
            return RenameAt(CurrentDirectory, first, CurrentDirectory, second, ExchangeNames) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronise(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(int firstDirectory, string first, int secondDirectory, string second, uint flags);
}
