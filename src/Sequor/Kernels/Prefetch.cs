using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>Asks for memory before it is needed, where the hardware cannot guess the addresses; a hint, and none where the runtime cannot give one.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Tables of more floats than this outgrow a core's second cache; asking pays from there on.</summary>
    internal const long Pays = 1 << 19;

    private const int Line = 64;

    /// <summary>Asks for a row of <paramref name="stride"/> floats, into L1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Row(float* row, int stride)
    {
        if (!Sse.IsSupported) return;
        for (int c = 0; c < stride; c += Line / sizeof(float)) Sse.Prefetch0(row + c);
    }

    /// <summary>Asks for the part of a block that falls to <paramref name="count"/> of <paramref name="total"/> steps from <paramref name="first"/> on, into L2.</summary>
    internal static void Share(void* block, long bytes, int first, int count, int total)
    {
        if (!Sse.IsSupported) return;
        byte* at = (byte*)block + bytes * first / total / Line * Line, end = (byte*)block + bytes * (first + count) / total;
        for (; at < end; at += Line) Sse.Prefetch1(at);
    }
}
