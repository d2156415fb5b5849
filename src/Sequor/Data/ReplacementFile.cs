namespace Sequor.Data;

/// <summary>
/// A file written under a temporary name beside its target: <see cref="Commit"/> syncs it and puts it in the target's place in one
/// step; without that, nothing remains of it and the target is as it was.
/// </summary>
internal sealed class ReplacementFile : IDisposable
{
    private readonly string target;
    private readonly string temporary;
    private bool committed;

    private ReplacementFile(string target, string temporary, FileStream stream)
    {
        this.target = target;
        this.temporary = temporary;
        Stream = stream;
    }

    /// <summary>Where to write.</summary>
    public FileStream Stream { get; }

    /// <summary>Begins a file that will become <paramref name="target"/>.</summary>
    /// <exception cref="InvalidInputException">The folder is missing or cannot be written.</exception>
    public static ReplacementFile Create(string target)
    {
        string temporary = TemporaryName(target);
        try
        {
            return new ReplacementFile(target, temporary, new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(target, error);
        }
    }

    /// <summary>A fresh hidden name in the target's folder.</summary>
    public static string TemporaryName(string target)
    {
        string full = Path.GetFullPath(target);
        return Path.Combine(Path.GetDirectoryName(full) ?? full, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.partial");
    }

    /// <summary>The sentence for an output that the system refuses.</summary>
    public static InvalidInputException CannotWrite(string target, Exception reason) =>
        new($"{target} cannot be written: {reason.Message.TrimEnd('.')}; choose another output or free the folder", reason);

    /// <summary>Syncs the bytes and renames the file to its target, replacing what was there.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public void Commit()
    {
        try
        {
            Stream.Flush(flushToDisk: true);
            Stream.Dispose();
            File.Move(temporary, target, overwrite: true);
            committed = true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(target, error);
        }
    }

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (committed) return;
        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // Flushing the rest of a buffer to a full disk fails; the file goes away all the same.
        }

        File.Delete(temporary);
    }
}
