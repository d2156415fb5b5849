using System.Text;

namespace Sequor.Data;

/// <summary>
/// Strings by row, and rows by string, over UTF-8 bytes that may lie in a memory-mapped file. The hash that finds a row is built at the
/// first search: 4 to 8 bytes a row, no string objects.
/// </summary>
internal sealed class Utf8Table
{
    private readonly ReadOnlyMemory<long> offsets;
    private readonly ReadOnlyMemory<byte> bytes;
    private readonly Lazy<HashIndex> index;

    /// <summary>Views row r as the bytes <c>offsets[r]..offsets[r + 1]</c>.</summary>
    public Utf8Table(ReadOnlyMemory<long> offsets, ReadOnlyMemory<byte> bytes)
    {
        this.offsets = offsets;
        this.bytes = bytes;
        index = new Lazy<HashIndex>(BuildIndex);
    }

    /// <summary>Number of rows.</summary>
    public int Count => offsets.Length - 1;

    /// <summary>Where each row begins, shape (Count + 1), int64.</summary>
    public ReadOnlySpan<long> Offsets => offsets.Span;

    /// <summary>All rows end to end, UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.Span;

    /// <summary>The UTF-8 bytes of a row.</summary>
    public ReadOnlySpan<byte> this[int row]
    {
        get
        {
            ReadOnlySpan<long> bounds = offsets.Span.Slice(row, 2);
            // Opening a store does not read them; a damaged one must not become a place in memory.
            if (bounds[0] < 0 || bounds[1] < bounds[0] || bounds[1] > bytes.Length)
                throw new InvalidInputException($"row {row:N0} of a table of texts is damaged; copy the store again or prepare the data again");
            return bytes.Span[(int)bounds[0]..(int)bounds[1]];
        }
    }

    /// <summary>First row whose text stands in an earlier row too, or -1.</summary>
    public int FirstDuplicate => index.Value.Duplicate;

    /// <summary>Copies strings into a table.</summary>
    public static Utf8Table From(IEnumerable<string> texts)
    {
        var builder = new Utf8TableBuilder();
        foreach (string text in texts) builder.Add(text);
        return builder.Build();
    }

    /// <summary>The row as a string.</summary>
    public string Text(int row) => Encoding.UTF8.GetString(this[row]);

    /// <summary>Rows from <paramref name="first"/> on as a table of their own, over the same bytes.</summary>
    public Utf8Table Slice(int first, int count) => new(offsets.Slice(first, count + 1), bytes);

    /// <summary>Finds the row that holds exactly this text.</summary>
    public bool TryFind(ReadOnlySpan<char> text, out int row)
    {
        int size = Encoding.UTF8.GetByteCount(text);
        Span<byte> key = size <= 256 ? stackalloc byte[size] : new byte[size];
        Encoding.UTF8.GetBytes(text, key);

        int[] slots = index.Value.Slots;
        for (int slot = Slot(key, slots.Length); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            row = slots[slot] - 1;
            if (this[row].SequenceEqual(key)) return true;
        }

        row = -1;
        return false;
    }

    private HashIndex BuildIndex()
    {
        // At most half full, so that probes stay short.
        int[] slots = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * Count, 2))];
        int duplicate = -1;
        for (int row = 0; row < Count; row++)
        {
            ReadOnlySpan<byte> key = this[row];
            int slot = Slot(key, slots.Length);
            while (slots[slot] != 0 && !this[slots[slot] - 1].SequenceEqual(key)) slot = (slot + 1) & (slots.Length - 1);
            if (slots[slot] == 0) slots[slot] = row + 1;
            else if (duplicate < 0) duplicate = row;
        }

        return new HashIndex(slots, duplicate);
    }

    // FNV-1a: ids are short and not chosen by an adversary, and the hash must not differ between processes when it is debugged.
    private static int Slot(ReadOnlySpan<byte> key, int slotCount)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in key) hash = (hash ^ b) * 1099511628211;
        return (int)((hash ^ (hash >> 32)) & (uint)(slotCount - 1));
    }

    private sealed record HashIndex(int[] Slots, int Duplicate);
}
