using System.Buffers.Binary;

namespace Sequor.Preparation.Reading;

/// <summary>
/// Finds zstd files that end too early, which DuckDB passes over in silence: walks from frame to frame and from block to block by their
/// lengths (RFC 8878), without unpacking anything.
/// </summary>
internal static class ZstandardCheck
{
    private const uint FrameMagic = 0xFD2FB528;
    private const uint SkippableMagic = 0x184D2A50;

    /// <summary>Checks the files whose names end in <c>.zst</c>.</summary>
    /// <exception cref="InvalidInputException">A file is truncated or damaged.</exception>
    public static void Run(IEnumerable<string> files)
    {
        foreach (string file in files.Where(file => Path.GetExtension(file).Equals(".zst", StringComparison.OrdinalIgnoreCase)))
        {
            using FileStream stream = File.OpenRead(file);
            if (stream.Length >= 4 && Read(stream, 4) is var magic && magic != FrameMagic && (magic & 0xFFFFFFF0) != SkippableMagic)
            {
                throw new InvalidInputException($"{file} is not zstd; name it as what it is");
            }

            stream.Position = 0;
            if (!IsWhole(stream)) throw new InvalidInputException($"{file} ends before its zstd data do: it is truncated or damaged; fetch it again");
        }
    }

    private static bool IsWhole(FileStream file)
    {
        try
        {
            while (file.Position < file.Length)
            {
                uint magic = Read(file, 4);
                if ((magic & 0xFFFFFFF0) == SkippableMagic) file.Seek(Read(file, 4), SeekOrigin.Current);
                else if (magic != FrameMagic) return false;
                else SkipFrame(file);
            }

            return file.Length > 0 && file.Position == file.Length;
        }
        catch (EndOfStreamException)
        {
            return false;
        }
    }

    private static void SkipFrame(FileStream file)
    {
        uint descriptor = Read(file, 1);
        bool isSingleSegment = (descriptor & 0x20) != 0, hasChecksum = (descriptor & 0x04) != 0;
        int windowBytes = isSingleSegment ? 0 : 1;
        int dictionaryBytes = (descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        int sizeBytes = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        file.Seek(windowBytes + dictionaryBytes + sizeBytes, SeekOrigin.Current);
        bool isLast;
        do
        {
            uint block = Read(file, 3);
            isLast = (block & 1) != 0;
            // A repeated byte takes one, whatever its length.
            file.Seek((block >> 1 & 3) == 1 ? 1 : block >> 3, SeekOrigin.Current);
        }
        while (!isLast);
        if (hasChecksum) file.Seek(4, SeekOrigin.Current);
    }

    private static uint Read(FileStream file, int count)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes.Clear();
        file.ReadExactly(bytes[..count]);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
