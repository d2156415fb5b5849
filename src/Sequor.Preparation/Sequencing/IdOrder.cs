using System.Buffers.Binary;
using System.Text;
using Sequor.Preparation.Reading;

namespace Sequor.Preparation.Sequencing;

/// <summary>
/// Ranks of ids in the order that stores have: numeric when all are whole numbers, else the byte order of their UTF-8.
/// </summary>
internal sealed class IdOrder
{
    private readonly Utf8Dictionary ids;
    private readonly long[] places;

    /// <summary>Orders the ids of the codes for which <paramref name="isWanted"/> holds.</summary>
    public IdOrder(Utf8Dictionary ids, Func<int, bool> isWanted)
    {
        this.ids = ids;
        Ranks = new int[ids.Count];
        int count = 0;
        bool integers = true;
        for (int code = 0; code < Ranks.Length; code++) Ranks[code] = isWanted(code) ? count++ : -1;
        int[] codes = new int[count];
        places = new long[count];
        ids.ForEach((code, place) =>
        {
            if (Ranks[code] is not (>= 0 and var row)) return;
            codes[row] = code;
            places[row] = place;
            integers = integers && IsInteger(ids.At(place));
        });

        ulong[] keys = new ulong[count];
        for (int row = 0; row < count; row++) keys[row] = integers ? Number(ids.At(places[row])) : Prefix(ids.At(places[row]));
        int[] order = [.. Enumerable.Range(0, count)];
        Array.Sort(keys, order);
        SortTies(keys, order);
        places = Array.ConvertAll(order, row => places[row]);
        for (int rank = 0; rank < count; rank++) Ranks[codes[order[rank]]] = rank;
    }

    /// <summary>Number of ids.</summary>
    public int Count => places.Length;

    /// <summary>Rank of each code; -1 for codes that were not wanted.</summary>
    public int[] Ranks { get; }

    /// <summary>The id at a rank.</summary>
    public string Id(int rank) => Encoding.UTF8.GetString(ids.At(places[rank]));

    // Equal numbers such as 7 and 07, and texts that agree in eight bytes, go by all their bytes.
    private void SortTies(ulong[] keys, int[] order)
    {
        for (int first = 0; first < keys.Length;)
        {
            int end = first + 1;
            while (end < keys.Length && keys[end] == keys[first]) end++;
            if (end - first > 1) order.AsSpan(first..end).Sort((a, b) => ids.At(places[a]).SequenceCompareTo(ids.At(places[b])));
            first = end;
        }
    }

    // Eighteen digits always fit.
    private static bool IsInteger(ReadOnlySpan<byte> id) => id.Length <= 18 && id.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static ulong Number(ReadOnlySpan<byte> id)
    {
        ulong value = 0;
        foreach (byte digit in id) value = 10 * value + (uint)(digit - '0');
        return value;
    }

    private static ulong Prefix(ReadOnlySpan<byte> id)
    {
        Span<byte> word = stackalloc byte[8];
        word.Clear();
        id[..Math.Min(8, id.Length)].CopyTo(word);
        return BinaryPrimitives.ReadUInt64BigEndian(word);
    }
}
