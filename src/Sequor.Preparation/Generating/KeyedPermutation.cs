namespace Sequor.Preparation.Generating;

/// <summary>
/// A permutation of 0..size-1 that is computed, not stored: a Feistel network over Z_a × Z_b with a·b just above the size, so that a
/// result outside it, which is sent round again, comes up once in √size. The same key gives the same permutation on every machine.
/// </summary>
internal readonly struct KeyedPermutation
{
    private readonly ulong size;
    private readonly uint columns;
    private readonly uint rows;
    private readonly ulong first;
    private readonly ulong second;
    private readonly ulong third;
    private readonly ulong fourth;

    /// <summary>The permutation of a domain that belongs to a key.</summary>
    public KeyedPermutation(PermutationDomain domain, ulong key)
    {
        size = domain.Size;
        columns = domain.Columns;
        rows = domain.Rows;
        first = SplitMix.Mix(key + 0x9E3779B97F4A7C15);
        second = SplitMix.Mix(first + 0x9E3779B97F4A7C15);
        third = SplitMix.Mix(second + 0x9E3779B97F4A7C15);
        fourth = SplitMix.Mix(third + 0x9E3779B97F4A7C15);
    }

    /// <summary>Where 0..size-1 goes.</summary>
    public ulong this[ulong place]
    {
        get
        {
            do
            {
                (ulong row, ulong column) = Math.DivRem(place, columns);
                uint left = Add((uint)row, Round(column, first, rows), rows);
                uint right = Add((uint)column, Round(left, second, columns), columns);
                left = Add(left, Round(right, third, rows), rows);
                right = Add(right, Round(left, fourth, columns), columns);
                place = (ulong)left * columns + right;
            }
            while (place >= size);
            return place;
        }
    }

    // Uniform in 0..limit-1, from 32 well mixed bits.
    private static uint Round(ulong half, ulong key, uint limit)
    {
        ulong z = (half ^ key) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 32)) * 0x94D049BB133111EB;
        return (uint)(((z >> 32) * limit) >> 32);
    }

    // Both below the limit, which is below 2^31.
    private static uint Add(uint a, uint b, uint limit)
    {
        uint sum = a + b;
        return sum >= limit ? sum - limit : sum;
    }
}

/// <summary>A set 0..size-1 laid out as a rectangle of nearly equal sides, for <see cref="KeyedPermutation"/>.</summary>
internal readonly struct PermutationDomain
{
    /// <summary>Lays out 1 to 2^60 places.</summary>
    public PermutationDomain(ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 1UL << 60);
        Size = size;
        Columns = (uint)Math.Ceiling(Math.Sqrt(size));
        Rows = (uint)((size + Columns - 1) / Columns);
    }

    /// <summary>Number of places.</summary>
    public ulong Size { get; }

    /// <summary>Places in a row of the rectangle.</summary>
    public uint Columns { get; }

    /// <summary>Rows; rows × columns is at least the size.</summary>
    public uint Rows { get; }
}
