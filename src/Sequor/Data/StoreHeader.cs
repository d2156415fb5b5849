using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sequor.Data;

/// <summary>
/// The head of a store file, little-endian: magic (8), version (4), section count (4), file length (8), then 64 bytes a section
/// (name 16, offset 8, length 8, SHA-256 32) and the SHA-256 of all that. Sections begin at multiples of 64 bytes.
/// </summary>
internal sealed record StoreHeader(long FileLength, IReadOnlyList<StoreSection> Sections)
{
    public const int Version = 1;

    private const int Alignment = 64;
    private const int PreambleSize = 24;
    private const int EntrySize = 64;
    private const int NameSize = 16;
    private const int HashSize = 32;
    private const int MaxSections = 64;

    private static ReadOnlySpan<byte> Magic => "SEQUORSQ"u8;

    /// <summary>SHA-256 over names and hashes of the sections: data, order and options, but not the report on how they came about.</summary>
    public string Fingerprint
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (StoreSection section in Sections)
            {
                if (section.Name == StoreSections.Report) continue;
                hash.AppendData(Encoding.ASCII.GetBytes(section.Name.PadRight(NameSize, '\0')));
                hash.AppendData(section.Hash);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }

    /// <summary>Whether the stream begins as a store file does.</summary>
    public static bool IsMagic(Stream stream)
    {
        Span<byte> start = stackalloc byte[8];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Magic);
    }

    /// <summary>Places sections of the given lengths one after the other behind the header.</summary>
    public static StoreHeader Arrange(IReadOnlyList<(string Name, long Length, byte[] Hash)> contents)
    {
        var sections = new List<StoreSection>(contents.Count);
        long end = Size(contents.Count);
        foreach ((string name, long length, byte[] hash) in contents)
        {
            long offset = (end + Alignment - 1) / Alignment * Alignment;
            sections.Add(new StoreSection(name, offset, length, hash));
            end = offset + length;
        }

        return new StoreHeader(end, sections);
    }

    /// <summary>The bytes that open the file.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size(Sections.Count)];
        Span<byte> span = bytes;
        Magic.CopyTo(span);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], Sections.Count);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], FileLength);
        for (int i = 0; i < Sections.Count; i++)
        {
            Span<byte> entry = span.Slice(PreambleSize + i * EntrySize, EntrySize);
            Encoding.ASCII.GetBytes(Sections[i].Name, entry);
            BinaryPrimitives.WriteInt64LittleEndian(entry[NameSize..], Sections[i].Offset);
            BinaryPrimitives.WriteInt64LittleEndian(entry[(NameSize + 8)..], Sections[i].Length);
            Sections[i].Hash.CopyTo(entry[(NameSize + 16)..]);
        }

        SHA256.HashData(span[..^HashSize], span[^HashSize..]);
        return bytes;
    }

    /// <summary>Reads and checks the head of a file of <paramref name="fileLength"/> bytes.</summary>
    /// <exception cref="InvalidInputException">The file is no store, of another version, truncated or damaged.</exception>
    public static StoreHeader Read(Stream stream, long fileLength, string path)
    {
        Span<byte> preamble = stackalloc byte[PreambleSize];
        int read = stream.ReadAtLeast(preamble, PreambleSize, throwOnEndOfStream: false);
        if (!preamble[..Math.Min(read, Magic.Length)].SequenceEqual(Magic[..Math.Min(read, Magic.Length)]))
        {
            throw new InvalidInputException($"{path} is not a sequence store (its first bytes are not SEQUORSQ); make one with `prepare`");
        }

        if (read < PreambleSize) throw Truncated(path, PreambleSize, fileLength);

        int version = BinaryPrimitives.ReadInt32LittleEndian(preamble[8..]);
        if (version != Version)
        {
            throw new InvalidInputException(
                $"{path} has store version {version}; this program reads version {Version}; prepare the data again with this program");
        }

        int count = BinaryPrimitives.ReadInt32LittleEndian(preamble[12..]);
        if (count is < 1 or > MaxSections)
        {
            throw new InvalidInputException(
                $"{path} is damaged: its header announces {count} sections, 1 to {MaxSections} are possible; prepare the data again");
        }

        if (fileLength < Size(count)) throw Truncated(path, Size(count), fileLength);
        byte[] bytes = new byte[Size(count)];
        preamble.CopyTo(bytes);
        stream.ReadExactly(bytes.AsSpan(PreambleSize));
        if (!SHA256.HashData(bytes.AsSpan(..^HashSize)).AsSpan().SequenceEqual(bytes.AsSpan(^HashSize..)))
        {
            throw new InvalidInputException($"{path} is damaged: the header's checksum does not match; prepare the data again");
        }

        long expected = BinaryPrimitives.ReadInt64LittleEndian(preamble[16..]);
        if (fileLength != expected) throw Truncated(path, expected, fileLength);

        var sections = new List<StoreSection>(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan(PreambleSize + i * EntrySize, EntrySize);
            var section = new StoreSection(
                Encoding.ASCII.GetString(entry[..NameSize]).TrimEnd('\0'),
                BinaryPrimitives.ReadInt64LittleEndian(entry[NameSize..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[(NameSize + 8)..]),
                entry[(NameSize + 16)..].ToArray());
            if (section.Offset % Alignment != 0)
            {
                throw new InvalidInputException($"{path} is damaged: section '{section.Name}' begins at byte {section.Offset}, which is no multiple of {Alignment}; prepare the data again");
            }

            if (section.Offset < Size(count) || section.Length < 0 || section.Offset > fileLength - section.Length)
            {
                throw new InvalidInputException(
                    $"{path} is damaged: section '{section.Name}' at {section.Offset:N0} + {section.Length:N0} bytes leaves the file of {fileLength:N0} bytes; prepare the data again");
            }

            sections.Add(section);
        }

        return new StoreHeader(fileLength, sections);
    }

    private static int Size(int sectionCount) => PreambleSize + sectionCount * EntrySize + HashSize;

    private static InvalidInputException Truncated(string path, long expected, long found) => new(
        $"{path} is {(found < expected ? "truncated" : "damaged")}: {expected:N0} bytes expected, {found:N0} found; copy it again or prepare the data again");
}

/// <summary>One named run of bytes in a store file.</summary>
internal sealed record StoreSection(string Name, long Offset, long Length, byte[] Hash);
