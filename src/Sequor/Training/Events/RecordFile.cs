using System.Buffers.Binary;
using System.Numerics;

namespace Sequor.Training.Events;

/// <summary>
/// TensorFlow's record format: the length of the payload (uint64), the masked CRC-32C of those eight bytes, the payload, its masked CRC-32C; all little-endian.
/// </summary>
internal sealed class RecordFile : IDisposable
{
    private const int Header = sizeof(ulong) + sizeof(uint);
    private readonly FileStream _stream;

    /// <summary>Begins a new file.</summary>
    /// <exception cref="IOException">It is there already, or the system refuses.</exception>
    internal RecordFile(string path) => _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    /// <summary>Appends a record, in one write.</summary>
    internal void Append(ReadOnlySpan<byte> payload)
    {
        byte[] record = new byte[Header + payload.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), MaskedCrc(record.AsSpan(0, sizeof(ulong))));
        payload.CopyTo(record.AsSpan(Header));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(Header + payload.Length), MaskedCrc(payload));
        _stream.Write(record);
    }

    /// <summary>Where each whole record of a file ends, in bytes; what a killed process left half written is not among them.</summary>
    internal static List<long> Ends(ReadOnlySpan<byte> file)
    {
        var ends = new List<long>();
        for (int at = 0; file.Length - at >= Header; at = (int)ends[^1])
        {
            ReadOnlySpan<byte> rest = file[at..];
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            if (length > (ulong)(rest.Length - Header) || rest.Length - Header - (int)length < sizeof(uint)) break;
            ReadOnlySpan<byte> payload = rest.Slice(Header, (int)length);
            bool whole = BinaryPrimitives.ReadUInt32LittleEndian(rest[sizeof(ulong)..]) == MaskedCrc(rest[..sizeof(ulong)])
                && BinaryPrimitives.ReadUInt32LittleEndian(rest[(Header + payload.Length)..]) == MaskedCrc(payload);
            if (!whole) break;
            ends.Add(at + Header + payload.Length + sizeof(uint));
        }

        return ends;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    // The checksum of data that holds checksums is a poor one, so it is turned and shifted.
    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
