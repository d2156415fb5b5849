using System.Buffers.Binary;
using System.Text;

namespace Sequor.Artifacts;

/// <summary>The bytes of a pickle from front to back; every length is held against what is left before anything is made of it.</summary>
internal sealed class PickleBytes(byte[] bytes, string path)
{
    private const int LongestName = 256;
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private int _position;
    private int _opcode;

    /// <summary>Whether all bytes were taken.</summary>
    public bool IsAtEnd => _position == bytes.Length;

    /// <summary>The next opcode; refusals name its place until the next one is read.</summary>
    public PickleOpcode Opcode()
    {
        _opcode = _position;
        return (PickleOpcode)Byte();
    }

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>A float64, big endian: the one number that pickles write that way round.</summary>
    public double BigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)));

    /// <summary>A whole number of a byte's count of bytes, two's complement; none is zero.</summary>
    public long ShortLong()
    {
        int length = Byte();
        if (length > sizeof(long)) throw Wrong($"has a whole number of {length} bytes; eight are read");
        long value = 0;
        ReadOnlySpan<byte> digits = Take((uint)length);
        for (int i = length - 1; i >= 0; i--) value = i == length - 1 ? (sbyte)digits[i] : (value << 8) | digits[i];
        return value;
    }

    /// <summary>UTF-8 of the given length.</summary>
    public string Text(ulong length)
    {
        ReadOnlySpan<byte> text = Take(length);
        try
        {
            return s_strict.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw Wrong("has a text that is not UTF-8");
        }
    }

    /// <summary>The rest of a line, which the protocol ends with a line feed.</summary>
    public string Line()
    {
        int length = bytes.AsSpan(_position, Math.Min(LongestName, bytes.Length - _position)).IndexOf((byte)'\n');
        if (length < 0) throw Wrong($"has a name without an end, or one longer than {LongestName} bytes,");
        string line = Text((uint)length);
        _position++;
        return line;
    }

    /// <summary>Checks that a frame is not longer than what it announces.</summary>
    public void Frame()
    {
        ulong length = UInt64();
        if (length > (ulong)(bytes.Length - _position)) throw Wrong($"has a frame of {length} bytes, {bytes.Length - _position} are left,");
    }

    /// <summary>A refusal that says where the opcode stands.</summary>
    public InvalidInputException Wrong(string finding, string remedy = "the file is not one of torch.save, or is damaged") =>
        new($"{path}: its data.pkl {finding} at byte {_opcode}: {remedy}");

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(bytes.Length - _position)) throw Wrong($"is cut short: {length} bytes are wanted and {bytes.Length - _position} left,");
        ReadOnlySpan<byte> taken = bytes.AsSpan(_position, (int)length);
        _position += (int)length;
        return taken;
    }
}
