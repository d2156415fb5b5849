using System.Buffers.Binary;
using Sequor.Data;

namespace Sequor.Server.Users;

/// <summary>
/// The prepared events of a user as one block of bytes: numbers of seven bits a byte, the low ones first. Flags and count; the item codes; the times
/// as differences, folded so that small negative ones are short; the ratings, a byte each if all are halves of 0 … 127, else four.
/// </summary>
internal static class PackedEvents
{
    private const int Times = 1, Ratings = 2, HalfStars = 4;

    /// <summary>Appends a packed user to <paramref name="buffer"/>.</summary>
    internal static void Pack(UserSequence events, List<byte> buffer)
    {
        bool halves = true;
        foreach (float rating in events.Ratings) halves &= rating * 2 is >= 0 and <= 255 and var twice && twice == MathF.Truncate(twice) && !float.IsNegative(rating);
        Put(buffer, (ulong)((events.Timestamps.IsEmpty ? 0 : Times) | (events.Ratings.IsEmpty ? 0 : Ratings) | (halves ? HalfStars : 0)));
        Put(buffer, (ulong)events.Length);
        foreach (int item in events.Items) Put(buffer, (ulong)item);
        long before = 0;
        foreach (long time in events.Timestamps)
        {
            long difference = unchecked(time - before);
            Put(buffer, (ulong)((difference << 1) ^ (difference >> 63)));
            before = time;
        }

        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float rating in events.Ratings)
        {
            if (halves)
            {
                buffer.Add((byte)(rating * 2));
                continue;
            }

            BinaryPrimitives.WriteSingleLittleEndian(bytes, rating);
            buffer.AddRange(bytes);
        }
    }

    /// <summary>Appends the events of a packed user to <paramref name="events"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    internal static void Unpack(ReadOnlySpan<byte> packed, List<StoredEvent> events)
    {
        int flags = (int)Take(ref packed);
        ulong announced = Take(ref packed);
        // An event has a byte at least.
        if (announced > (ulong)packed.Length) throw Damaged();
        int count = (int)announced;
        var unpacked = new StoredEvent[count];
        for (int i = 0; i < count; i++) unpacked[i] = new StoredEvent(Take(ref packed) is > 0 and <= int.MaxValue and var item ? (int)item : throw Damaged(), null, null, null);
        long time = 0;
        if ((flags & Times) != 0)
            for (int i = 0; i < count; i++)
            {
                ulong folded = Take(ref packed);
                time += (long)(folded >> 1) ^ -(long)(folded & 1);
                unpacked[i] = unpacked[i] with { Time = time };
            }

        if ((flags & Ratings) != 0 && packed.Length < count * ((flags & HalfStars) != 0 ? 1L : sizeof(float))) throw Damaged();
        if ((flags & Ratings) != 0)
            for (int i = 0; i < count; i++)
                unpacked[i] = unpacked[i] with { Rating = (flags & HalfStars) != 0 ? packed[i] / 2f : BinaryPrimitives.ReadSingleLittleEndian(packed[(4 * i)..]) is var rating && float.IsFinite(rating) ? rating : throw Damaged() };
        events.AddRange(unpacked);
    }

    private static InvalidDataException Damaged() => new("a block of prepared events is damaged; bring back a copy of the file of histories");

    private static void Put(List<byte> buffer, ulong number)
    {
        for (; number >= 0x80; number >>= 7) buffer.Add((byte)(number | 0x80));
        buffer.Add((byte)number);
    }

    private static ulong Take(ref ReadOnlySpan<byte> packed)
    {
        ulong number = 0;
        for (int place = 0; ; place++)
        {
            // 64 bits are ten bytes.
            if (place == packed.Length || place == 10) throw Damaged();
            byte next = packed[place];
            number |= (ulong)(next & 0x7f) << (7 * place);
            if (next >= 0x80) continue;
            packed = packed[(place + 1)..];
            return number;
        }
    }
}
