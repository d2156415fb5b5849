namespace Sequor.Retrieval;

/// <summary>A score and an item index in 64 bits that order as answers do: the higher score, then the lower index, is greater.</summary>
internal static class ScoredItem
{
    // Floats order like unsigned integers once negative ones are complemented and positive ones get the sign bit.
    internal static ulong Key(float score, int item)
    {
        // Adding zero makes −0 equal to 0.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint ordered = bits ^ ((uint)((int)bits >> 31) | 0x80000000u);
        return ((ulong)ordered << 32) | ~(uint)item;
    }

    internal static int Item(ulong key) => (int)~(uint)key;

    internal static float Score(ulong key)
    {
        uint ordered = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle(ordered ^ ((uint)((int)~ordered >> 31) | 0x80000000u));
    }

    /// <summary>Moves the <paramref name="k"/> greatest of distinct keys to the front, in no order, and returns the least of them (Hoare's quickselect, median of three).</summary>
    internal static ulong Select(Span<ulong> keys, int k)
    {
        int low = 0, high = keys.Length - 1;
        while (low < high)
        {
            ulong a = keys[low], b = keys[(low + high) >> 1], c = keys[high];
            ulong pivot = a > b ? (b > c ? b : Math.Min(a, c)) : (a > c ? a : Math.Min(b, c));
            int i = low, j = high;
            while (i <= j)
            {
                while (keys[i] > pivot) i++;
                while (keys[j] < pivot) j--;
                if (i > j) break;
                (keys[i], keys[j]) = (keys[j], keys[i]);
                i++;
                j--;
            }
            if (k - 1 <= j) high = j;
            else if (k - 1 >= i) low = i;
            else break;
        }
        return keys[k - 1];
    }
}
