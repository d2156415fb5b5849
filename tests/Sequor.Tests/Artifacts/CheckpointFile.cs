using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Sequor.Tests.Artifacts;

/// <summary>Puts a pickle and its storages into an archive as torch.save does.</summary>
internal static class CheckpointFile
{
    public static byte[] Zip(byte[] pickle, params (string Key, byte[] Bytes)[] storages) => Zip(CompressionLevel.NoCompression, pickle, storages);

    public static byte[] Zip(CompressionLevel level, byte[] pickle, params (string Key, byte[] Bytes)[] storages) =>
        Archive(level, [("archive/data.pkl", pickle), .. storages.Select(storage => ($"archive/data/{storage.Key}", storage.Bytes)), ("archive/version", "3\n"u8.ToArray())]);

    public static byte[] Archive(CompressionLevel level, params (string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in files)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>
    /// An archive whose sizes and offsets stand in zip64 fields (APPNOTE.TXT 4.5.3), as torch writes them when a file passes 4 GiB.
    /// </summary>
    public static byte[] Zip64(params (string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var central = new MemoryStream();
        using var directory = new BinaryWriter(central);
        foreach ((string name, byte[] bytes) in files)
        {
            long offset = stream.Position;
            writer.Write(0x04034b50u);
            Header(writer, name, 20);
            writer.Write(Encoding.ASCII.GetBytes(name));
            Sizes(writer, 16, bytes);
            writer.Write(bytes);
            directory.Write(0x02014b50u);
            directory.Write((ushort)45);
            Header(directory, name, 28);
            directory.Write(new byte[10]);
            directory.Write(uint.MaxValue);
            directory.Write(Encoding.ASCII.GetBytes(name));
            Sizes(directory, 24, bytes);
            directory.Write(offset);
        }

        long start = stream.Position;
        writer.Write(central.ToArray());
        long end = stream.Position;
        writer.Write(0x06064b50u);
        writer.Write(44L);
        writer.Write((ushort)45);
        writer.Write((ushort)45);
        writer.Write(0L);
        writer.Write((long)files.Length);
        writer.Write((long)files.Length);
        writer.Write(end - start);
        writer.Write(start);
        writer.Write(0x07064b50u);
        writer.Write(0u);
        writer.Write(end);
        writer.Write(1u);
        writer.Write(0x06054b50u);
        writer.Write(0u);
        writer.Write(uint.MaxValue);
        writer.Write(ulong.MaxValue);
        writer.Write((ushort)0);
        return stream.ToArray();
    }

    public static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static void Header(BinaryWriter writer, string name, ushort extraLength)
    {
        writer.Write((ushort)45);
        writer.Write(new byte[8]);
        writer.Write(0u); // CRC
        writer.Write(ulong.MaxValue);
        writer.Write((ushort)name.Length);
        writer.Write(extraLength);
    }

    private static void Sizes(BinaryWriter writer, ushort length, byte[] bytes)
    {
        writer.Write((ushort)1);
        writer.Write(length);
        writer.Write((long)bytes.Length);
        writer.Write((long)bytes.Length);
    }
}
