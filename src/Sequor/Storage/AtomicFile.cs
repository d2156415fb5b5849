namespace Sequor.Storage;

/// <summary>
/// A file that appears whole or not at all: written beside its target, flushed to the disk, renamed by <see cref="Commit"/>.
/// Disposed before that, it leaves the target as it was.
/// </summary>
public sealed class AtomicFile : IDisposable
{
    private readonly string _target;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private bool _committed;

    private AtomicFile(string target)
    {
        _target = PathOnDisk.FollowLink(target);
        if (Directory.Exists(_target)) throw new IOException("a directory has this name");
        PathOnDisk.RemoveAbandoned(_target);
        _temporary = PathOnDisk.TemporaryBeside(_target);
        DiskSteps.Tell(DiskStep.Create, _temporary);
        _stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1 << 16);
    }

    /// <summary>Where the content goes.</summary>
    public Stream Stream => _stream;

    /// <summary>Opens the temporary file; missing directories are created.</summary>
    /// <exception cref="InvalidInputException">The system refuses; the message gives its reason.</exception>
    public static AtomicFile Create(string path) => PathOnDisk.Guard(path, () => new AtomicFile(path));

    /// <summary>Writes a file whole: what <paramref name="write"/> puts into the stream, or, if it fails, nothing.</summary>
    /// <exception cref="InvalidInputException">The system refuses or the disk is full; the message gives its reason.</exception>
    public static void Write(string path, Action<Stream> write) => PathOnDisk.Guard(path, () =>
    {
        using var file = new AtomicFile(path);
        write(file.Stream);
        file.Commit();
        return true;
    });

    /// <summary>Writes a file whole with a program that wants a path rather than a stream: what it puts there, or, if it fails, nothing.</summary>
    /// <exception cref="InvalidInputException">The system refuses or the disk is full; the message gives its reason.</exception>
    public static void WriteAt(string path, Action<string> write) => PathOnDisk.Guard(path, () =>
    {
        using var file = new AtomicFile(path);
        write(file._temporary);
        file.Commit();
        return true;
    });

    /// <summary>Makes the content durable and gives it its name.</summary>
    /// <exception cref="InvalidInputException">The system refuses or the disk is full; the message gives its reason.</exception>
    public void Commit() => PathOnDisk.Guard(_target, () =>
    {
        _stream.Flush();
        DiskSteps.Tell(DiskStep.Flush, _temporary);
        _stream.Flush(flushToDisk: true);
        // Renamed while it is locked, or another process might take it for abandoned. Windows renames no open file, but deletes none either.
        if (OperatingSystem.IsWindows()) _stream.Dispose();
        DiskSteps.Tell(DiskStep.Rename, _temporary, _target);
        File.Move(_temporary, _target, overwrite: true);
        _stream.Dispose();
        PathOnDisk.FlushDirectory(Path.GetDirectoryName(_target)!);
        return _committed = true;
    });

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (_committed) return;
        try
        {
            _stream.Dispose();
        }
        catch (IOException)
        {
            // A full disk fails again while the rest of the buffer is written; the file is thrown away all the same.
        }

        DiskSteps.Tell(DiskStep.Delete, _temporary);
        File.Delete(_temporary);
    }
}
