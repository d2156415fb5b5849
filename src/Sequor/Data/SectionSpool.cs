using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sequor.Storage;

namespace Sequor.Data;

/// <summary>One growing section of a store in a file of its own, hashed as it grows: the length of a section is known only at the end.</summary>
internal sealed class SectionSpool : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileStream stream;

    /// <summary>Opens the spool in the folder of the store it will become part of.</summary>
    public SectionSpool(string name, string target)
    {
        Name = name;
        stream = new FileStream(
            PathOnDisk.TemporaryBeside(target), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
    }

    /// <summary>The section's name.</summary>
    public string Name { get; }

    /// <summary>Appends values as little-endian bytes.</summary>
    public void Append<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        hash.AppendData(bytes);
        stream.Write(bytes);
    }

    /// <summary>Length in bytes and SHA-256 of what was appended.</summary>
    public (string Name, long Length, byte[] Hash) Contents() => (Name, stream.Length, hash.GetCurrentHash());

    /// <summary>Copies what was appended to the store.</summary>
    public void CopyTo(Stream destination)
    {
        stream.Position = 0;
        stream.CopyTo(destination, 1 << 20);
    }

    /// <summary>Removes the file.</summary>
    public void Dispose()
    {
        hash.Dispose();
        try
        {
            stream.Dispose();
        }
        catch (IOException)
        {
            // The rest of a buffer has no room on a full disk; the spool is not wanted any more.
        }
    }
}
