using System.Formats.Tar;
using System.IO.Compression;

namespace Sequor.Preparation.Downloads;

/// <summary>A zip, tar or gzipped tar file, told by its content: published names are not always right.</summary>
internal sealed class Archive
{
    // The largest file of any set has some six GB; a member beyond this is not one of theirs.
    private const long MaximumBytes = 64L << 30;
    private const int TarMarkOffset = 257;

    private readonly string path;
    private readonly Func<IEnumerable<Member>> read;

    private Archive(string path, Func<IEnumerable<Member>> read)
    {
        this.path = path;
        this.read = read;
    }

    /// <summary>The archive, or null when the file is something else, such as a table (gzipped or not).</summary>
    public static Archive? Open(string path)
    {
        byte[] head = Head(path, gzip: false);
        if (head.AsSpan().StartsWith("PK\x03\x04"u8)) return new Archive(path, () => ReadZip(path));
        if (IsTar(head)) return new Archive(path, () => ReadTar(path, gzip: false));
        return head is [0x1f, 0x8b, ..] && IsTar(Head(path, gzip: true)) ? new Archive(path, () => ReadTar(path, gzip: true)) : null;
    }

    /// <summary>
    /// Writes the named files into the folder, wherever in the archive they stand: a path is never taken from the archive. Returns the names
    /// that were there.
    /// </summary>
    /// <exception cref="InvalidInputException">The archive is damaged, holds a name twice, or is of doubtful making.</exception>
    public IReadOnlyList<string> Extract(
        IReadOnlyCollection<string> names, string folder, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        try
        {
            foreach (Member member in read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                string[] segments = member.Name.Split('/', '\\');
                if (!names.Contains(segments[^1])) continue;
                if (segments.Contains("..") || segments[0] is "" or [_, ':']) throw Doubtful($"its member '{member.Name}' points out of the archive");
                if (member.Length > MaximumBytes) throw Doubtful($"its member '{member.Name}' claims {member.Length:N0} bytes");
                if (found.Contains(segments[^1])) throw Doubtful($"it holds {segments[^1]} twice");
                Copy(member, Path.Combine(folder, segments[^1]), progress, cancellationToken);
                found.Add(segments[^1]);
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or OverflowException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException($"archive {path} is damaged: {error.Message.TrimEnd('.')}; fetch it again", error);
        }

        return found;
    }

    private static void Copy(Member member, string target, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        using Stream source = Find(member);
        using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        while (source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) is var count and > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            done += count;
            if (done > member.Length) throw new InvalidDataException($"member '{member.Name}' is longer than it claims");
            file.Write(buffer, 0, count);
            progress?.Report(new PreparationProgress($"extracting {Path.GetFileName(target)}", done, member.Length));
        }

        if (done < member.Length) throw new InvalidDataException($"member '{member.Name}' is shorter than it claims");
    }

    // The directory of an archive may say that a member stands where nothing can.
    private static Stream Find(Member member)
    {
        try
        {
            return member.Open();
        }
        catch (IOException error)
        {
            throw new InvalidDataException($"member '{member.Name}' does not stand where it should", error);
        }
    }

    private static IEnumerable<Member> ReadZip(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        foreach (ZipArchiveEntry entry in zip.Entries) yield return new Member(entry.FullName, entry.Length, entry.Open);
    }

    private static IEnumerable<Member> ReadTar(string path, bool gzip)
    {
        using Stream file = OpenFile(path, gzip);
        using var tar = new TarReader(file);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;
            yield return new Member(entry.Name, entry.Length, () => entry.DataStream ?? Stream.Null);
        }
    }

    private static byte[] Head(string path, bool gzip)
    {
        byte[] head = new byte[TarMarkOffset + 5];
        try
        {
            using Stream file = OpenFile(path, gzip);
            return head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            // A file that begins like gzip and is none is no archive; who reads it as a table will say what is wrong.
            return [];
        }
    }

    private static Stream OpenFile(string path, bool gzip)
    {
        FileStream file = File.OpenRead(path);
        return gzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static bool IsTar(byte[] head) => head.Length > TarMarkOffset && head.AsSpan(TarMarkOffset).StartsWith("ustar"u8);

    private InvalidInputException Doubtful(string reason) => new($"archive {path} is not the published one: {reason}; fetch it again from its publisher");

    private sealed record Member(string Name, long Length, Func<Stream> Open);
}
