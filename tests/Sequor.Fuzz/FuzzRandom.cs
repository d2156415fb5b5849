namespace Sequor.Fuzz;

/// <summary>Draws that depend on the name of a reader and the number of an input alone (SplitMix64), so that a number is enough to make an input again.</summary>
internal sealed class FuzzRandom
{
    private ulong _state;

    public FuzzRandom(string reader, ulong number)
    {
        ulong hash = 14695981039346656037;
        foreach (char letter in reader) hash = (hash ^ letter) * 1099511628211;
        _state = hash ^ (number * 0x9E3779B97F4A7C15);
        Next();
    }

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="end"/> - 1; 0 when there is none.</summary>
    public int Below(int end) => end <= 1 ? 0 : (int)(Next() % (ulong)end);

    /// <summary>True once in <paramref name="times"/> times.</summary>
    public bool Once(int times) => Below(times) == 0;

    public T Of<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>How many changes to make: mostly one or two, now and then many.</summary>
    public int Count() => Once(8) ? 3 + Below(12) : 1 + Below(2);
}
