using System.IO.Compression;
using Sequor.Fuzz.Mutation;
using Sequor.Preparation.Downloads;
using Sequor.Preparation.Reading;
using Sequor.Tests.Artifacts;

namespace Sequor.Fuzz.Readers;

/// <summary>The checks of gzip and zstd files before DuckDB reads them.</summary>
internal sealed class CompressionChecks(Workspace workspace) : FuzzReader("compressed", workspace)
{
    private static readonly byte[] s_gzip = Gzip("user,item\n1,2\n"u8.ToArray()), s_many = [.. s_gzip, .. Gzip("3,4\n"u8.ToArray())];

    // A raw block, a repeated byte and a skippable frame.
    private static readonly byte[] s_zstd = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58, 0x18, 0x00, 0x00, (byte)'a', (byte)',', (byte)'b', 0x23, 0x00, 0x00, (byte)'x', 0x50, 0x2A, 0x4D, 0x18, 0x02, 0x00, 0x00, 0x00, 1, 2];

    public override FuzzInput Make(FuzzRandom random) => random.Below(3) switch
    {
        0 => FuzzInput.Of("t.csv.zst", ByteMutator.Mutate(random, s_zstd)),
        1 => FuzzInput.Of("t.csv.gz", ByteMutator.Mutate(random, s_gzip, s_many)),
        _ => FuzzInput.Of("t.csv.gz", ByteMutator.Mutate(random, s_many)),
    };

    public override void Read(FuzzInput input)
    {
        string path = Workspace.At(input.Files.Keys.First());
        ZstandardCheck.Run([path]);
        GzipCheck.Run([path], CancellationToken.None);
        if (!GzipCheck.HasManyMembers(path, CancellationToken.None)) return;
        using var unpacked = new UnpackedFiles([path], Workspace.Folder, CancellationToken.None);
        Require(unpacked.Paths.Count == 1, "a file is more than one when it is unpacked");
    }

    public static byte[] Gzip(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(plain);
        return packed.ToArray();
    }
}

/// <summary>Archives of published sets.</summary>
internal sealed class ArchiveReader : FuzzReader
{
    private static readonly string[] s_wanted = ["ratings.dat", "movies.dat"];
    private readonly string _target;
    private readonly byte[][] _valid;

    public ArchiveReader(Workspace workspace) : base("archive", workspace)
    {
        _target = workspace.At("out");
        (string, byte[])[] files = [("ml/ratings.dat", "1::2::3::4\n"u8.ToArray()), ("ml/movies.dat", "2::x::y\n"u8.ToArray()), ("ml/README", "z"u8.ToArray())];
        byte[] tar = Tar(files);
        _valid = [CheckpointFile.Archive(CompressionLevel.Fastest, files), CheckpointFile.Archive(CompressionLevel.NoCompression, files), CheckpointFile.Zip64(files), tar, CompressionChecks.Gzip(tar)];
    }

    // Copying has a buffer of a MiB for each member.
    public override long AllowedBytes(long size) => (8 << 20) + 64 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        byte[] valid = random.Of<byte[]>(_valid);
        if (random.Once(3))
        {
            string name = random.Of<string>(["ml/../../ratings.dat", "/ratings.dat", "C:/ratings.dat", "..\\ratings.dat", "ratings.dat", "ml/ratings.dat/", "ml/movies.dat\0", "a/b/c/ratings.dat"]);
            (string, byte[])[] files = [(name, "1::2::3::4\n"u8.ToArray()), ("ml/movies.dat", "x"u8.ToArray())];
            valid = random.Once(2) ? CheckpointFile.Archive(CompressionLevel.Fastest, files) : Tar(files);
            if (random.Once(2)) return FuzzInput.Of("set.zip", valid);
        }

        return FuzzInput.Of("set.zip", ByteMutator.Mutate(random, valid, random.Of<byte[]>(_valid)));
    }

    public override void Read(FuzzInput input)
    {
        Directory.CreateDirectory(_target);
        try
        {
            if (Archive.Open(Workspace.At("set.zip")) is not { } archive) return;
            IReadOnlyList<string> found = archive.Extract(s_wanted, _target, null, CancellationToken.None);
            Require(found.All(name => s_wanted.Contains(name) && File.Exists(Path.Combine(_target, name))), "a file was named that is not there");
        }
        finally
        {
            foreach (string file in Directory.EnumerateFileSystemEntries(_target)) File.Delete(file);
            Directory.Delete(_target);
        }
    }

    private static byte[] Tar((string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using (var tar = new System.Formats.Tar.TarWriter(stream, leaveOpen: true))
            foreach ((string name, byte[] bytes) in files)
                tar.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name.Replace("\0", "", StringComparison.Ordinal)) { DataStream = new MemoryStream(bytes), ModificationTime = DateTimeOffset.UnixEpoch });
        return stream.ToArray();
    }
}
