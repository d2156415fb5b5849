using System.Runtime.InteropServices;
using Sequor.Storage;

namespace Sequor.Preparation;

/// <summary>A column of numbers in a file of its own beside the output, written once and read from its beginning as often as wanted.</summary>
internal sealed class ColumnSpool<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Values that <see cref="Read"/> gives at most at a time.</summary>
    public const int StepSize = 1 << 16;

    private readonly FileStream file;
    private readonly T[] buffer = new T[StepSize];

    /// <summary>Opens an empty column.</summary>
    public ColumnSpool(string folder) => file = ScratchFile.Create(folder, bufferSize: 1 << 20);

    /// <summary>Appends values.</summary>
    public void Append(ReadOnlySpan<T> values) => file.Write(MemoryMarshal.AsBytes(values));

    /// <summary>Goes back to the beginning.</summary>
    public void Rewind() => file.Position = 0;

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
}
