using System.Runtime.InteropServices;
using Sequor.Storage;

namespace Sequor.Preparation.Reading;

/// <summary>A column of numbers in a file of its own beside the output, written once and read from its beginning as often as wanted.</summary>
internal sealed class ColumnSpool<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Values that <see cref="Read"/> gives at most at a time.</summary>
    public const int StepSize = 1 << 16;

    private readonly string folder;
    private readonly FileStream file;
    private readonly T[] buffer = new T[StepSize];

    /// <summary>Opens an empty column.</summary>
    /// <exception cref="InvalidInputException">The folder cannot be written.</exception>
    public ColumnSpool(string folder)
    {
        this.folder = folder;
        file = Guard(() => ScratchFile.Create(folder, bufferSize: 1 << 20));
    }

    /// <summary>Appends values.</summary>
    /// <exception cref="InvalidInputException">The disk refuses.</exception>
    public void Append(ReadOnlySpan<T> values)
    {
        try
        {
            file.Write(MemoryMarshal.AsBytes(values));
        }
        catch (IOException error)
        {
            throw CannotWrite(error);
        }
    }

    /// <summary>Goes back to the beginning.</summary>
    /// <exception cref="InvalidInputException">The disk refuses what is still to be written.</exception>
    public void Rewind() => Guard(() => file.Position = 0);

    /// <summary>The next values, as many as there are up to <see cref="StepSize"/>; empty at the end. Valid until the next call.</summary>
    public ReadOnlySpan<T> Read()
    {
        int read = file.ReadAtLeast(MemoryMarshal.AsBytes(buffer.AsSpan()), buffer.Length * Marshal.SizeOf<T>(), throwOnEndOfStream: false);
        return buffer.AsSpan(0, read / Marshal.SizeOf<T>());
    }

    /// <summary>Removes the file.</summary>
    public void Dispose()
    {
        try
        {
            file.Dispose();
        }
        catch (IOException)
        {
            // The rest of a buffer has no room on a full disk; the column is not wanted any more.
        }
    }

    private TResult Guard<TResult>(Func<TResult> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(error);
        }
    }

    private InvalidInputException CannotWrite(Exception reason) =>
        new($"intermediate results cannot be written to {folder}: {reason.Message.TrimEnd('.')}; free space there or choose another output", reason);
}
