using System.Buffers.Binary;
using System.IO.Compression;

namespace Sequor.Preparation.Reading;

/// <summary>
/// Finds gzip files that end too early: neither DuckDB nor <see cref="GZipStream"/> says a word when the rest is missing. A file is whole when
/// some member of it, unpacked to the end, has as many bytes as the last four bytes of the file say.
/// </summary>
internal static class GzipCheck
{
    private const int Tries = 3;

    // Of chance there is a start in 16 MB; a file that is full of them is made to be unpacked for ever.
    private const int LeastStarts = 64, BytesAStart = 1 << 20;

    private static ReadOnlySpan<byte> Magic => [0x1F, 0x8B, 0x08];

    /// <summary>Checks the files whose names end in <c>.gz</c>.</summary>
    /// <exception cref="InvalidInputException">A file is truncated or damaged.</exception>
    public static void Run(IEnumerable<string> files, CancellationToken cancellationToken)
    {
        foreach (string file in files.Where(IsGzip))
        {
            if (LastMember(file, smallest: 0, cancellationToken) < 0) throw new InvalidInputException($"{file} ends before its gzip data do: it is truncated or damaged; fetch it again");
        }
    }

    /// <summary>Whether a file is gzip and has more than one member.</summary>
    public static bool HasManyMembers(string file, CancellationToken cancellationToken)
    {
        return IsGzip(file) && LastMember(file, smallest: 1, cancellationToken) > 0;
    }

    private static bool IsGzip(string file) => Path.GetExtension(file).Equals(".gz", StringComparison.OrdinalIgnoreCase);

    // Where the last member begins, from the place `smallest` on; -1 when none there ends as the file does.
    private static long LastMember(string path, long smallest, CancellationToken cancellationToken)
    {
        using FileStream file = File.OpenRead(path);
        if (file.Length < 18) return -1;
        byte[] last = new byte[4];
        file.Position = file.Length - 4;
        file.ReadExactly(last);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(last);
        // From the end, so that of a file of many members only the last is unpacked. Three bytes like a header occur within data by chance, and
        // fail at once; a member that unpacks and has another size tells that the file is cut off, or, rarely, is such a chance.
        int unpacked = 0;
        long starts = LeastStarts + file.Length / BytesAStart;
        byte[] buffer = new byte[1 << 16];
        foreach (long start in Starts(file).TakeWhile(start => start >= smallest))
        {
            if (--starts < 0) break;
            if (!TryUnpack(path, start, buffer, cancellationToken, out long length)) continue;
            if ((uint)length == size) return start;
            if (++unpacked == Tries) break;
        }

        return -1;
    }

    private static IEnumerable<long> Starts(FileStream file)
    {
        byte[] buffer = new byte[1 << 16];
        for (long end = file.Length; end > 2;)
        {
            long start = Math.Max(0, end - buffer.Length);
            file.Position = start;
            int length = (int)(end - start);
            file.ReadExactly(buffer, 0, length);
            for (int at = length; (at = buffer.AsSpan(0, at).LastIndexOf(Magic)) >= 0;) yield return start + at;
            // Two bytes over, for a header across the cut.
            end = start == 0 ? 0 : start + 2;
        }
    }

    private static bool TryUnpack(string path, long start, byte[] buffer, CancellationToken cancellationToken, out long length)
    {
        length = 0;
        try
        {
            using FileStream file = File.OpenRead(path);
            file.Position = start;
            using var plain = new GZipStream(file, CompressionMode.Decompress);
            for (int read; (read = plain.Read(buffer)) > 0; length += read) cancellationToken.ThrowIfCancellationRequested();
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
