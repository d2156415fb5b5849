using System.Text;

namespace Sequor.Storage;

/// <summary>A text that grows by lines. A line is the system's at once, and the disk's after <see cref="Flush"/>.</summary>
internal sealed class LineFile : IDisposable
{
    private readonly FileStream _stream;

    private LineFile(FileStream stream) => _stream = stream;

    /// <summary>Opens a file at its end; a missing one is made.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    internal static LineFile Open(string path)
    {
        if (!File.Exists(path)) DiskSteps.Tell(DiskStep.Create, path);
        // Without a buffer: one that holds what a full disk refused would try again when it is closed.
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        stream.Seek(0, SeekOrigin.End);
        return new LineFile(stream);
    }

    /// <summary>Bytes so far.</summary>
    internal long Length => _stream.Position;

    /// <summary>Appends a line.</summary>
    /// <exception cref="IOException">The disk is full, or the system refuses; part of the line may stand there.</exception>
    internal void Append(string line)
    {
        DiskSteps.Tell(DiskStep.Append, _stream.Name);
        _stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }

    /// <summary>Makes the lines durable.</summary>
    /// <exception cref="IOException">The disk is full, or the system refuses.</exception>
    internal void Flush()
    {
        DiskSteps.Tell(DiskStep.Flush, _stream.Name);
        _stream.Flush(flushToDisk: true);
    }

    /// <summary>Takes away what stands behind the first <paramref name="length"/> bytes; false if there are fewer.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    internal bool Cut(long length)
    {
        bool whole = _stream.Length >= length;
        if (_stream.Length > length) _stream.SetLength(length);
        _stream.Seek(0, SeekOrigin.End);
        return whole;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();
}
