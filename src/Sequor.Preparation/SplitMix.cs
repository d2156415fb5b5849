namespace Sequor.Preparation;

/// <summary>The finaliser of SplitMix64: a bijection of 64 bits whose results look independent.</summary>
internal static class SplitMix
{
    /// <summary>Scatters 64 bits.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
