namespace Sequor.Preparation.Generating;

/// <summary>SplitMix64 on its own stream for each (seed, stream): users can be made in any order, alike on every machine.</summary>
internal sealed class SyntheticRandom(ulong seed, ulong stream)
{
    private ulong state = SplitMix.Mix(seed ^ SplitMix.Mix(stream + 0x9E3779B97F4A7C15));

    /// <summary>Uniform integer 0..limit-1.</summary>
    public int Next(int limit) => (int)(((Draw() >> 32) * (ulong)limit) >> 32);

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextUnit() => (Draw() >> 11) * (1.0 / (1UL << 53));

    private ulong Draw() => SplitMix.Mix(state += 0x9E3779B97F4A7C15);
}
