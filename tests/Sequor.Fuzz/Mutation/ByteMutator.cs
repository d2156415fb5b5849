using System.Buffers.Binary;
using System.Text;

namespace Sequor.Fuzz.Mutation;

/// <summary>Changes bytes without knowing what they mean: bits, extreme numbers of all widths, cuts, repeats, pieces of other inputs.</summary>
internal static class ByteMutator
{
    private const int Longest = 1 << 16;

    /// <summary>A changed copy of <paramref name="valid"/>; pieces may come from <paramref name="other"/>.</summary>
    public static byte[] Mutate(FuzzRandom random, byte[] valid, byte[]? other = null)
    {
        byte[] bytes = (byte[])valid.Clone();
        for (int count = random.Count(); count > 0; count--) bytes = Once(random, bytes, other ?? valid);
        return bytes;
    }

    private static byte[] Once(FuzzRandom random, byte[] bytes, byte[] other)
    {
        if (bytes.Length == 0) return [(byte)random.Next()];
        int at = random.Below(bytes.Length), length = Math.Min(random.Once(4) ? random.Below(bytes.Length) : 1 + random.Below(16), bytes.Length - at);
        switch (random.Below(10))
        {
            case 0:
            case 1:
                bytes[at] ^= (byte)(1 << random.Below(8));
                return bytes;
            case 2:
                bytes[at] = (byte)random.Next();
                return bytes;
            case 3:
            case 4:
                return Number(random, bytes);
            case 5:
                return random.Once(3) ? bytes[..at] : [.. bytes[..at], .. bytes[(at + length)..]];
            case 6:
                if (random.Once(10))
                {
                    int times = 1 + random.Below(Math.Max(1, (Longest - bytes.Length) / Math.Max(1, length)));
                    return [.. bytes[..at], .. Enumerable.Repeat(bytes[at..(at + length)], times).SelectMany(piece => piece), .. bytes[at..]];
                }

                return bytes.Length > Longest ? bytes : [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]];
            case 7:
                int from = random.Below(other.Length), count = Math.Min(length, other.Length - from);
                if (random.Once(2)) return [.. bytes[..at], .. other[from..]];
                other.AsSpan(from, Math.Min(count, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 8:
                return [.. bytes[..at], .. Encoding.UTF8.GetBytes(random.Of<string>(random.Once(2) ? Extremes.Numbers : Extremes.Words)), .. bytes[at..]];
            default:
                bytes.AsSpan(at, length).Fill((byte)random.Of<int>([0, 255, 128, '\n', '"', ',', '9']));
                return bytes;
        }
    }

    // At a multiple of its width, where binary formats put numbers, or anywhere.
    private static byte[] Number(FuzzRandom random, byte[] bytes)
    {
        int width = random.Of<int>([1, 2, 4, 8, 8]);
        if (bytes.Length < width) return bytes;
        int at = random.Below(bytes.Length - width + 1);
        if (!random.Once(3)) at -= at % width;
        long value = random.Once(3) ? bytes.Length + random.Below(33) - 16 : random.Of<long>(Extremes.Integers);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        eight[..width].CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
