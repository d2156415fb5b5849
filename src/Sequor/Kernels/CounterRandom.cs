using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sequor.Kernels;

/// <summary>What a random draw is for: draws of different purposes never share bits.</summary>
public enum RandomPurpose : ulong
{
    /// <summary>Initial weights.</summary>
    Initialization = 1,

    /// <summary>Order of users in an epoch.</summary>
    Shuffle = 2,

    /// <summary>Negatives of a position.</summary>
    Negatives = 3,

    /// <summary>Dropout masks.</summary>
    Dropout = 4,

    /// <summary>Events kept by positional sampling.</summary>
    PositionalSampling = 5,

    /// <summary>Events kept by Stochastic Length.</summary>
    StochasticLength = 6,

    /// <summary>Items by which an index guesses a threshold.</summary>
    IndexSample = 7,

    /// <summary>Users drawn anew for an interval of confidence.</summary>
    Bootstrap = 8,

    /// <summary>Users whose two models change places in a randomization test.</summary>
    Randomization = 9,

    /// <summary>Users that a report shows.</summary>
    Examples = 10,
}

/// <summary>
/// Counter-based randomness: a draw is a pure function of (seed, purpose, stream, counter), so results do not depend on thread
/// count, on order of evaluation or on resuming. 64-bit draws mix with the finaliser of SplitMix64 (Steele et al., 2014), lanes of
/// dropout with a 32-bit multiply-xorshift finaliser.
/// </summary>
public readonly struct CounterRandom
{
    private readonly ulong _key;

    /// <summary>A generator for one purpose and stream (for example: seed, dropout, step).</summary>
    public CounterRandom(ulong seed, RandomPurpose purpose, ulong stream) =>
        _key = Mix(Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ (ulong)purpose) + stream * 0xD1B54A32D192ED03);

    /// <summary>The counter's 64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Bits(ulong counter) => Mix(_key + counter * 0x9E3779B97F4A7C15);

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double Uniform(ulong counter) => (Bits(counter) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 … bound − 1, by multiplication (bias below bound / 2⁶⁴).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int bound, ulong counter) => (int)Math.BigMul(Bits(counter), (ulong)bound, out _);

    /// <summary><see cref="Below(int, ulong)"/> for counters from <paramref name="counter"/> on: eight at a time, the same numbers.</summary>
    internal void Below(int bound, ulong counter, Span<int> target)
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            // The high half of bits · bound, from two products of 32 bits each that cannot overflow.
            Vector512<ulong> factor = Vector512.Create((ulong)bound), low = Vector512.Create(0xFFFFFFFFul);
            for (; i + 8 <= target.Length; i += 8)
            {
                Vector512<ulong> bits = Bits(Vector512.Create(counter + (ulong)i) + Vector512<ulong>.Indices);
                Vector512<ulong> drawn = (((bits >>> 32) * factor) + (((bits & low) * factor) >>> 32)) >>> 32;
                Vector256.Narrow(drawn.GetLower(), drawn.GetUpper()).AsInt32().CopyTo(target[i..]);
            }
        }
        for (; i < target.Length; i++) target[i] = Below(bound, counter + (ulong)i);
    }

    /// <summary>The 64 random bits of eight counters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector512<ulong> Bits(Vector512<ulong> counters)
    {
        Vector512<ulong> z = Vector512.Create(_key) + counters * Vector512.Create(0x9E3779B97F4A7C15ul);
        z = (z ^ (z >>> 30)) * Vector512.Create(0xBF58476D1CE4E5B9ul);
        z = (z ^ (z >>> 27)) * Vector512.Create(0x94D049BB133111EBul);
        return z ^ (z >>> 31);
    }

    /// <summary>Standard normal (Box–Muller).</summary>
    public double Normal(ulong counter)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(2 * counter)));
        return radius * Math.Cos(2 * Math.PI * Uniform(2 * counter + 1));
    }

    /// <summary>A 32-bit key for lane hashes; <paramref name="layer"/> tells apart the masks of one step.</summary>
    public uint LaneKey(int layer) => (uint)(Bits((ulong)layer) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    internal static uint Hash(uint x, uint key)
    {
        x = (x * 0x9E3779B1u) ^ key;
        x = (x ^ (x >> 16)) * 0x21F0AAADu;
        x = (x ^ (x >> 15)) * 0x735A2D97u;
        return x ^ (x >> 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Hash(Vector512<uint> x, uint key)
    {
        x = (x * Vector512.Create(0x9E3779B1u)) ^ Vector512.Create(key);
        x = (x ^ (x >>> 16)) * Vector512.Create(0x21F0AAADu);
        x = (x ^ (x >>> 15)) * Vector512.Create(0x735A2D97u);
        return x ^ (x >>> 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<uint> Hash(Vector256<uint> x, uint key)
    {
        x = (x * Vector256.Create(0x9E3779B1u)) ^ Vector256.Create(key);
        x = (x ^ (x >>> 16)) * Vector256.Create(0x21F0AAADu);
        x = (x ^ (x >>> 15)) * Vector256.Create(0x735A2D97u);
        return x ^ (x >>> 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<uint> Hash(Vector128<uint> x, uint key)
    {
        x = (x * Vector128.Create(0x9E3779B1u)) ^ Vector128.Create(key);
        x = (x ^ (x >>> 16)) * Vector128.Create(0x21F0AAADu);
        x = (x ^ (x >>> 15)) * Vector128.Create(0x735A2D97u);
        return x ^ (x >>> 15);
    }
}
