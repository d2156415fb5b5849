using System.Buffers.Binary;
using System.Text;
using Sequor.Server.Users;

namespace Sequor.Cluster.Redis;

/// <summary>
/// An event in Redis: a field named after its id, whose value is the number of arrival (four bytes, low first, put before it by Redis), flags, the time
/// if there is one (folded, seven bits a byte), the rating if there is one, and the id of the item.
/// </summary>
internal static class EventRecord
{
    private const int Time = 1, Rating = 2, ArrivalBytes = sizeof(uint);
    private const byte Named = (byte)'=', Unnamed = (byte)'~';

    /// <summary>Begins ids that a node gives to events that came without one; no caller can send it.</summary>
    internal const char NodeGiven = '\u0001';

    /// <summary>The field of an event.</summary>
    internal static byte[] Field(string eventId) => eventId[0] == NodeGiven ? [Unnamed, .. Encoding.UTF8.GetBytes(eventId[1..])] : [Named, .. Encoding.UTF8.GetBytes(eventId)];

    /// <summary>The value of an event, without its number of arrival.</summary>
    internal static byte[] Value(KeptEvent one)
    {
        Span<byte> head = stackalloc byte[1 + 10 + sizeof(float)];
        head[0] = (byte)((one.Timestamp is null ? 0 : Time) | (one.Rating is null ? 0 : Rating));
        int length = 1;
        if (one.Timestamp is { } time)
        {
            ulong folded = (ulong)((time << 1) ^ (time >> 63));
            for (; folded >= 0x80; folded >>= 7) head[length++] = (byte)(folded | 0x80);
            head[length++] = (byte)folded;
        }

        if (one.Rating is { } rating)
        {
            BinaryPrimitives.WriteSingleLittleEndian(head[length..], rating);
            length += sizeof(float);
        }

        return [.. head[..length], .. Encoding.UTF8.GetBytes(one.ItemId)];
    }

    /// <summary>Reads an event; false if the field is none of one.</summary>
    /// <exception cref="InvalidDataException">The value is damaged.</exception>
    internal static bool TryRead(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, out uint arrival, out KeptEvent one)
    {
        (arrival, one) = (0, default);
        if (field.IsEmpty || field[0] is not (Named or Unnamed)) return false;
        if (value.Length <= ArrivalBytes) throw Damaged();
        arrival = BinaryPrimitives.ReadUInt32LittleEndian(value);
        byte flags = value[ArrivalBytes];
        value = value[(ArrivalBytes + 1)..];
        long? time = null;
        float? rating = null;
        if ((flags & Time) != 0)
        {
            ulong folded = 0;
            for (int place = 0; ; place++)
            {
                if (place == value.Length || place == 10) throw Damaged();
                folded |= (ulong)(value[place] & 0x7f) << (7 * place);
                if (value[place] >= 0x80) continue;
                value = value[(place + 1)..];
                break;
            }

            time = (long)(folded >> 1) ^ -(long)(folded & 1);
        }

        if ((flags & Rating) != 0)
        {
            if (value.Length < sizeof(float)) throw Damaged();
            rating = BinaryPrimitives.ReadSingleLittleEndian(value);
            value = value[sizeof(float)..];
        }

        one = new KeptEvent(Encoding.UTF8.GetString(value), time, rating, field[0] == Named ? Encoding.UTF8.GetString(field[1..]) : null);
        return true;
    }

    private static InvalidDataException Damaged() => new("an event in Redis is damaged: was it written by something else? bring back a copy of its file");
}
