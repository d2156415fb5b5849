using System.Runtime.InteropServices;

namespace Sequor.Benchmarks;

/// <summary>Native memory with numbers in it.</summary>
internal static unsafe class Floats
{
    public static float* Random(int count, int seed, float scale = 1f)
    {
        float* memory = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
        var random = new Random(seed);
        for (int i = 0; i < count; i++) memory[i] = scale * ((2 * random.NextSingle()) - 1);
        return memory;
    }

    public static void Free(params ReadOnlySpan<nint> memory)
    {
        foreach (nint pointer in memory) NativeMemory.AlignedFree((void*)pointer);
    }
}
