using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Sequor.Artifacts;

/// <summary>The number types of the safetensors format: their sizes, and which of them can be read as float32.</summary>
internal static class SafetensorsType
{
    public const string Readable = "F32, F16, BF16, F64, I64, I32";

    /// <summary>Bytes an element; 0 for a type the format does not have.</summary>
    public static int SizeOf(string type) => type switch
    {
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => 0,
    };

    public static bool IsReadable(string type) => type is "F32" or "F16" or "BF16" or "F64" or "I64" or "I32";

    /// <summary>Converts little-endian elements to float32; an integer that float32 cannot hold is refused, for it may be an id.</summary>
    public static void ToFloat(string type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        if (type == "F32" && BitConverter.IsLittleEndian)
        {
            source.CopyTo(MemoryMarshal.AsBytes(destination));
            return;
        }

        int size = SizeOf(type);
        for (int i = 0; i < destination.Length; i++)
        {
            ReadOnlySpan<byte> element = source.Slice(i * size, size);
            destination[i] = type switch
            {
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(element),
                "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(element),
                "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(element) << 16),
                "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(element),
                "I32" => Exact(BinaryPrimitives.ReadInt32LittleEndian(element)),
                _ => Exact(BinaryPrimitives.ReadInt64LittleEndian(element)),
            };
        }
    }

    /// <summary>Writes float32 elements, little endian.</summary>
    public static void Write(Stream stream, ReadOnlySpan<float> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            stream.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        Span<byte> element = stackalloc byte[sizeof(float)];
        foreach (float value in values)
        {
            BinaryPrimitives.WriteSingleLittleEndian(element, value);
            stream.Write(element);
        }
    }

    private static float Exact(long value) => Math.Abs((decimal)value) <= 1 << 24
        ? value
        : throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"the integer {value} must be at most 2^24 in size to be read as float32"));
}
