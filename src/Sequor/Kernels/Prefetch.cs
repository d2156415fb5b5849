using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>Asks the caches for memory that a kernel is going to read at addresses the hardware cannot guess.</summary>
internal static unsafe class Prefetch
{
    private const int Line = 64 / sizeof(float);

    /// <summary>Tables of more floats than this outgrow a core's second cache; asking pays from there on.</summary>
    internal const long Pays = 1 << 19;

    /// <summary>Asks for a row of <paramref name="stride"/> floats; no more than a hint, and nothing where the processor takes none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Row(float* row, int stride)
    {
        if (!Sse.IsSupported) return;
        for (int c = 0; c < stride; c += Line) Sse.Prefetch0(row + c);
    }
}
