using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Sequor.Preparation.Reading;

/// <summary>A run of UTF-8 bytes in memory that does not move.</summary>
internal readonly unsafe struct Utf8Key(byte* data, int length)
{
    /// <summary>First byte.</summary>
    public byte* Data { get; } = data;

    /// <summary>Number of bytes.</summary>
    public int Length { get; } = length;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => new(Data, Length);
}

/// <summary>
/// Gives every distinct string a code 0, 1, 2, … in the order of arrival, and counts how often it came. Open addressing: a slot holds 28 bits
/// of the hash and the place of the entry, an entry is code, count, length and bytes, so that a look-up costs two cache misses; both are
/// prefetched for a whole batch, which hides most of their time. About 25 bytes a string beside its own, no objects.
/// </summary>
internal sealed unsafe class Utf8Dictionary : IDisposable
{
    /// <summary>Strings at most in one call of <see cref="Code"/>.</summary>
    public const int BatchSize = 2048;

    private const int BlockBits = 24;
    private const int HeaderSize = 12;
    private const int TagShift = 36;
    private const long PlaceMask = (1L << TagShift) - 1;

    private readonly List<nint> blocks = [];
    private readonly ulong[] hashes = new ulong[BatchSize];
    private ulong* slots;
    private int slotCount = 1 << 16;
    private int blockEnd = 1 << BlockBits;

    /// <summary>Makes an empty dictionary.</summary>
    public Utf8Dictionary() => slots = (ulong*)HugePages.Allocate((nuint)slotCount * sizeof(ulong));

    /// <summary>Number of distinct strings.</summary>
    public int Count { get; private set; }

    /// <summary>Longest string, in bytes, that can be coded.</summary>
    public static int MaximumLength => (1 << BlockBits) - HeaderSize - 4;

    /// <summary>Codes of the keys, new ones added; keys and codes have the same length, at most <see cref="BatchSize"/>.</summary>
    public void Code(ReadOnlySpan<Utf8Key> keys, Span<int> codes)
    {
        while (Count + keys.Length > slotCount / 4 * 3) Grow();
        ulong mask = (ulong)slotCount - 1;
        for (int i = 0; i < keys.Length; i++)
        {
            ulong hash = Hash(keys[i].Data, keys[i].Length);
            hashes[i] = hash;
            if (Sse.IsSupported) Sse.Prefetch0(slots + (hash & mask));
        }

        if (Sse.IsSupported)
        {
            for (int i = 0; i < keys.Length; i++)
            {
                ulong slot = slots[hashes[i] & mask];
                if (slot != 0) Sse.Prefetch0(Entry((long)slot & PlaceMask));
            }
        }

        for (int i = 0; i < keys.Length; i++) codes[i] = Find(keys[i], hashes[i], mask);
    }

    /// <summary>Calls <paramref name="entry"/> with code and place of every string, in the order of codes.</summary>
    public void ForEach(Action<int, long> entry)
    {
        int code = 0;
        for (int block = 0; block < blocks.Count; block++)
        {
            int at = block == 0 ? 4 : 0;
            while (code < Count && at <= (1 << BlockBits) - HeaderSize)
            {
                byte* start = (byte*)blocks[block] + at;
                // A block ends in zeros where the next string had no room; a string is never empty.
                if (((int*)start)[2] == 0) break;
                entry(code++, Place(block, at));
                at += Size(((int*)start)[2]);
            }
        }
    }

    /// <summary>How often each code came.</summary>
    public int[] Counts()
    {
        int[] counts = new int[Count];
        ForEach((code, place) => counts[code] = ((int*)Entry(place))[1]);
        return counts;
    }

    /// <summary>The string at a place.</summary>
    public ReadOnlySpan<byte> At(long place)
    {
        byte* entry = Entry(place);
        return new ReadOnlySpan<byte>(entry + HeaderSize, ((int*)entry)[2]);
    }

    /// <summary>The string of a code; walks through those before it, for messages only.</summary>
    public string Text(int code)
    {
        string text = "";
        ForEach((other, place) =>
        {
            if (other == code) text = Encoding.UTF8.GetString(At(place));
        });
        return text;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        HugePages.Free(slots);
        slots = null;
        foreach (nint block in blocks) HugePages.Free((void*)block);
        blocks.Clear();
    }

    private static long Place(int block, int at) => ((long)block << (BlockBits - 2)) | (uint)(at >> 2);

    private static int Size(int length) => (HeaderSize + length + 3) & ~3;

    private byte* Entry(long place) => (byte*)blocks[(int)(place >> (BlockBits - 2))] + ((place & ((1 << (BlockBits - 2)) - 1)) << 2);

    private int Find(Utf8Key key, ulong hash, ulong mask)
    {
        ulong tag = hash >> TagShift;
        ulong index = hash & mask;
        for (; slots[index] != 0; index = (index + 1) & mask)
        {
            if (slots[index] >> TagShift != tag) continue;
            byte* entry = Entry((long)slots[index] & PlaceMask);
            if (((int*)entry)[2] != key.Length || !new ReadOnlySpan<byte>(entry + HeaderSize, key.Length).SequenceEqual(key.Span)) continue;
            ((int*)entry)[1]++;
            return *(int*)entry;
        }

        long place = Append(key);
        slots[index] = (tag << TagShift) | (ulong)place;
        return Count++;
    }

    private long Append(Utf8Key key)
    {
        int size = Size(key.Length);
        if (blockEnd + size > 1 << BlockBits)
        {
            blocks.Add((nint)HugePages.Allocate(1 << BlockBits));
            // Place 0 means an empty slot.
            blockEnd = blocks.Count == 1 ? 4 : 0;
        }

        long place = Place(blocks.Count - 1, blockEnd);
        byte* entry = Entry(place);
        ((int*)entry)[0] = Count;
        ((int*)entry)[1] = 1;
        ((int*)entry)[2] = key.Length;
        key.Span.CopyTo(new Span<byte>(entry + HeaderSize, key.Length));
        blockEnd += size;
        return place;
    }

    private void Grow()
    {
        HugePages.Free(slots);
        slotCount = checked(slotCount * 2);
        slots = (ulong*)HugePages.Allocate((nuint)slotCount * sizeof(ulong));
        ulong mask = (ulong)slotCount - 1;
        ForEach((_, place) =>
        {
            ReadOnlySpan<byte> text = At(place);
            fixed (byte* data = text)
            {
                ulong hash = Hash(data, text.Length), index = hash & mask;
                while (slots[index] != 0) index = (index + 1) & mask;
                slots[index] = (hash >> TagShift << TagShift) | (ulong)place;
            }
        });
    }

    // Folded 64 x 64 -> 128 bit products over eight bytes a step, the last step overlapping the one before.
    private static ulong Hash(byte* data, int length)
    {
        const ulong First = 0x9E3779B97F4A7C15, Second = 0xD6E8FEB86659FD93;
        ulong hash = (ulong)length * First;
        if (length < 8)
        {
            ulong word = 0;
            for (int i = 0; i < length; i++) word = (word << 8) | data[i];
            return Fold(hash ^ word, Second);
        }

        int at = 0;
        for (; at + 8 < length; at += 8) hash = Fold(hash ^ Unsafe.ReadUnaligned<ulong>(data + at), Second);
        return Fold(hash ^ Unsafe.ReadUnaligned<ulong>(data + length - 8), First);
    }

    private static ulong Fold(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return BitOperations.RotateLeft(high, 23) ^ low;
    }
}
