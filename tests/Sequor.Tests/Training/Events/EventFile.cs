using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace Sequor.Tests.Training.Events;

/// <summary>An event file read by the letter of the formats, with nothing of what writes it.</summary>
internal static class EventFile
{
    internal sealed record Event(double WallTime, long Step, string? Version, int? Session, IReadOnlyList<(string Tag, float? Number, string? Text, string? Plugin)> Values);

    internal static Event[] Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        var events = new List<Event>();
        for (int at = 0; at < file.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(Masked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            byte[] payload = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(Masked(payload), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            events.Add(Decode(payload));
            at += 16 + length;
        }

        return [.. events];
    }

    // Bit by bit, polynomial 1EDC6F41 reflected.
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc32C(bytes);
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }

    private static Event Decode(byte[] payload)
    {
        Dictionary<int, List<object>> fields = Fields(payload);
        var values = new List<(string, float?, string?, string?)>();
        if (fields.TryGetValue(5, out List<object>? summaries))
            foreach (object value in Fields((byte[])summaries.Single())[1])
            {
                Dictionary<int, List<object>> parts = Fields((byte[])value);
                string? text = parts.TryGetValue(8, out List<object>? tensor) ? Encoding.UTF8.GetString((byte[])Fields((byte[])tensor[0])[8][0]) : null;
                string? plugin = parts.TryGetValue(9, out List<object>? about) ? Encoding.UTF8.GetString((byte[])Fields((byte[])Fields((byte[])about[0])[1][0])[1][0]) : null;
                values.Add((Encoding.UTF8.GetString((byte[])parts[1][0]), parts.TryGetValue(2, out List<object>? number) ? BitConverter.UInt32BitsToSingle((uint)number[0]) : null, text, plugin));
            }

        return new Event(
            BitConverter.UInt64BitsToDouble((ulong)fields[1][0]),
            fields.TryGetValue(2, out List<object>? step) ? (long)(ulong)step[0] : 0,
            fields.TryGetValue(3, out List<object>? version) ? Encoding.UTF8.GetString((byte[])version[0]) : null,
            fields.TryGetValue(7, out List<object>? session) ? (int)(ulong)Fields((byte[])session[0])[1][0] : null,
            values);
    }

    private static Dictionary<int, List<object>> Fields(byte[] message)
    {
        var fields = new Dictionary<int, List<object>>();
        int at = 0;
        while (at < message.Length)
        {
            ulong key = Varint(message, ref at);
            object value;
            switch (key & 7)
            {
                case 0: value = Varint(message, ref at); break;
                case 1: value = BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)); at += 8; break;
                case 5: value = BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)); at += 4; break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    value = message[at..(at + length)];
                    at += length;
                    break;
                default: throw new FormatException($"wire type {key & 7}");
            }

            if (!fields.TryGetValue((int)(key >> 3), out List<object>? list)) fields[(int)(key >> 3)] = list = [];
            list.Add(value);
        }

        Assert.Equal(message.Length, at);
        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }
}
