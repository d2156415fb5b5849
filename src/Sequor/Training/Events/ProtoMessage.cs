using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sequor.Training.Events;

/// <summary>A message in the wire format of Protocol Buffers, field by field (protobuf.dev/programming-guides/encoding).</summary>
internal sealed class ProtoMessage
{
    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written so far.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    internal ProtoMessage Add(int field, long value)
    {
        Key(field, Varint);
        Number((ulong)value);
        return this;
    }

    internal ProtoMessage Add(int field, double value)
    {
        Key(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
        return this;
    }

    internal ProtoMessage Add(int field, float value)
    {
        Key(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(sizeof(float)), value);
        _bytes.Advance(sizeof(float));
        return this;
    }

    internal ProtoMessage Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    internal ProtoMessage Add(int field, ProtoMessage message) => Add(field, message.Bytes);

    private ProtoMessage Add(int field, ReadOnlySpan<byte> content)
    {
        Key(field, LengthDelimited);
        Number((ulong)content.Length);
        _bytes.Write(content);
        return this;
    }

    private void Key(int field, int wireType) => Number((ulong)(field << 3 | wireType));

    // Seven bits a byte, the lowest first; the eighth says that more follow.
    private void Number(ulong value)
    {
        for (; value > 0x7F; value >>= 7) Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    private void Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }
}
