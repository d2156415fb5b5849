namespace Sequor.Storage;

/// <summary>
/// A directory that appears whole or not at all: filled under a temporary name beside its target, flushed to the disk, renamed by
/// <see cref="Commit"/>. Disposed before that, it leaves the target as it was.
/// </summary>
public sealed class AtomicDirectory : IDisposable
{
    private readonly string _target;
    private readonly string _marker;
    private bool _committed;

    private AtomicDirectory(string target, string marker)
    {
        _target = PathOnDisk.FollowLink(target);
        _marker = marker;
        CheckTarget();
        FilesPath = PathOnDisk.TemporaryBeside(_target);
        DiskSteps.Tell(DiskStep.Create, FilesPath);
        Directory.CreateDirectory(FilesPath);
    }

    /// <summary>The temporary directory, to be filled.</summary>
    public string FilesPath { get; }

    /// <summary>
    /// Opens the temporary directory. An existing target is replaced only if it is empty or holds a file named <paramref name="marker"/>,
    /// so that a mistyped path never costs a directory of another kind.
    /// </summary>
    /// <exception cref="InvalidInputException">The target is something else, or the system refuses; the message gives the reason.</exception>
    public static AtomicDirectory Create(string path, string marker) => PathOnDisk.Guard(path, () => new AtomicDirectory(path, marker));

    /// <summary>
    /// Writes a directory whole: what <paramref name="write"/> puts under the path it is given, or, if it fails, nothing.
    /// </summary>
    /// <exception cref="InvalidInputException">The target is something else, or the system refuses; the message gives the reason.</exception>
    public static void Write(string path, string marker, Action<string> write) => PathOnDisk.Guard(path, () =>
    {
        using var directory = new AtomicDirectory(path, marker);
        write(directory.FilesPath);
        directory.Commit();
        return true;
    });

    /// <summary>Makes the content durable and gives it its name.</summary>
    /// <exception cref="InvalidInputException">The system refuses or the disk is full; the message gives its reason.</exception>
    public void Commit() => PathOnDisk.Guard(_target, () =>
    {
        FlushTree(FilesPath);
        CheckTarget();
        if (!Directory.Exists(_target)) Rename(FilesPath, _target);
        else if (!PathOnDisk.TryExchange(FilesPath, _target)) Replace();
        _committed = true;
        PathOnDisk.FlushDirectory(Path.GetDirectoryName(_target)!);
        // After an exchange the temporary name holds the old directory.
        if (Directory.Exists(FilesPath)) Delete(FilesPath);
        return true;
    });

    /// <summary>Takes a directory away so that at no moment a part of it stands under its name.</summary>
    /// <exception cref="InvalidInputException">The system refuses; the message gives its reason.</exception>
    public static void Remove(string path) => PathOnDisk.Guard(path, () =>
    {
        string old = PathOnDisk.TemporaryBeside(path);
        Rename(path, old);
        Delete(old);
        return true;
    });

    /// <summary>
    /// Removes what killed processes left of directories and files in <paramref name="directory"/>; only for who alone writes there.
    /// </summary>
    /// <exception cref="InvalidInputException">The system refuses; the message gives its reason.</exception>
    public static void RemoveAbandoned(string directory) => PathOnDisk.Guard(directory, () =>
    {
        if (!Directory.Exists(directory)) return false;
        foreach (string path in Directory.EnumerateFileSystemEntries(directory, ".*.tmp").ToArray()) Delete(path);
        return true;
    });

    /// <summary>Removes the temporary directory unless it was committed.</summary>
    public void Dispose()
    {
        if (!_committed && Directory.Exists(FilesPath)) Delete(FilesPath);
    }

    private void CheckTarget()
    {
        if (File.Exists(_target)) throw new IOException("a file has this name");
        if (!Directory.Exists(_target) || File.Exists(Path.Combine(_target, _marker))) return;
        if (Directory.EnumerateFileSystemEntries(_target).Any())
        {
            throw new IOException($"the directory has other content and no {_marker}");
        }
    }

    /// <summary>For systems without an exchange: two renames, the first undone if the second fails.</summary>
    private void Replace()
    {
        string old = PathOnDisk.TemporaryBeside(_target);
        Rename(_target, old);
        try
        {
            Rename(FilesPath, _target);
        }
        catch (IOException)
        {
            Rename(old, _target);
            throw;
        }

        Delete(old);
    }

    private static void Rename(string from, string to)
    {
        DiskSteps.Tell(DiskStep.Rename, from, to);
        Directory.Move(from, to);
    }

    private static void Delete(string path)
    {
        DiskSteps.Tell(DiskStep.Delete, path);
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        else File.Delete(path);
    }

    private static void FlushTree(string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            DiskSteps.Tell(DiskStep.Flush, file);
            stream.Flush(flushToDisk: true);
        }

        foreach (string child in Directory.EnumerateDirectories(directory, "*", SearchOption.AllDirectories)) PathOnDisk.FlushDirectory(child);
        PathOnDisk.FlushDirectory(directory);
    }
}
