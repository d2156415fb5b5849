using System.Runtime.Intrinsics.X86;

namespace Sequor.Kernels;

/// <summary>Asks for memory before it is needed; a hint, and none where the runtime cannot give one.</summary>
internal static unsafe class Prefetch
{
    private const int Line = 64;

    /// <summary>Asks for the part of a block that falls to <paramref name="count"/> of <paramref name="total"/> steps from <paramref name="first"/> on, into L2.</summary>
    internal static void Share(void* block, long bytes, int first, int count, int total)
    {
        if (!Sse.IsSupported) return;
        byte* at = (byte*)block + bytes * first / total / Line * Line, end = (byte*)block + bytes * (first + count) / total;
        for (; at < end; at += Line) Sse.Prefetch1(at);
    }
}
