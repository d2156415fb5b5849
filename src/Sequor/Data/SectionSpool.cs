using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sequor.Storage;

namespace Sequor.Data;

/// <summary>
/// One growing section of a store in a file of its own, hashed as it grows: the length of a section is known only at the end. Small
/// appends are gathered; a full buffer is hashed and written on another thread while the next one fills.
/// </summary>
internal sealed class SectionSpool : IDisposable
{
    // Small enough for the ordinary heap: a store has many sections, and large arrays would bring on a collection for every small store.
    private const int BufferSize = 1 << 16;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileStream stream;
    private byte[] filling = [];
    private byte[] spare = [];
    private int filled;
    private Task flush = Task.CompletedTask;

    /// <summary>Opens the spool in the folder of the store it will become part of.</summary>
    public SectionSpool(string name, string target)
    {
        Name = name;
        stream = ScratchFile.Create(Path.GetDirectoryName(Path.GetFullPath(target))!, bufferSize: 0);
    }

    /// <summary>The section's name.</summary>
    public string Name { get; }

    /// <summary>Appends values as little-endian bytes; an earlier append that the disk refused throws here.</summary>
    public void Append<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        for (ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values); !bytes.IsEmpty;)
        {
            if (filled == filling.Length) Turn();
            int count = Math.Min(bytes.Length, filling.Length - filled);
            bytes[..count].CopyTo(filling.AsSpan(filled));
            filled += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Length in bytes and SHA-256 of what was appended.</summary>
    public (string Name, long Length, byte[] Hash) Contents()
    {
        Finish();
        return (Name, stream.Length, hash.GetCurrentHash());
    }

    /// <summary>Copies what was appended to the store.</summary>
    public void CopyTo(Stream destination)
    {
        Finish();
        stream.Position = 0;
        stream.CopyTo(destination, 1 << 20);
    }

    /// <summary>Removes the file.</summary>
    public void Dispose()
    {
        // The thread behind must let go of the file and the hash; what it failed at is not wanted any more.
        ((IAsyncResult)flush).AsyncWaitHandle.WaitOne();
        hash.Dispose();
        stream.Dispose();
    }

    // Hands the full buffer to the thread behind and takes the one it is done with.
    private void Turn()
    {
        flush.GetAwaiter().GetResult();
        if (filling.Length == 0)
        {
            filling = new byte[BufferSize];
            return;
        }

        byte[] full = filling;
        int count = filled;
        filling = spare.Length > 0 ? spare : new byte[BufferSize];
        spare = full;
        filled = 0;
        flush = Task.Run(() => Write(full.AsSpan(0, count)));
    }

    private void Finish()
    {
        flush.GetAwaiter().GetResult();
        Write(filling.AsSpan(0, filled));
        filled = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        stream.Write(bytes);
    }
}
