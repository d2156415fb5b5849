using System.Runtime.InteropServices;

namespace Sequor.Kernels;

/// <summary>Native float memory, aligned to pages and backed by huge pages where the system offers them.</summary>
/// <remarks>First-touch faults of 4 KiB pages cost more than the arithmetic of a step; allocate once and reuse.</remarks>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    private const int HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    /// <summary>
    /// Allocates <paramref name="length"/> floats, all zero unless <paramref name="clear"/> is false: whoever fills a large buffer on
    /// all threads wants its pages touched there first, not here by one.
    /// </summary>
    internal NativeBuffer(long length, bool clear = true)
    {
        Length = length;
        nuint bytes = checked((nuint)Math.Max(length, 1) * sizeof(float));
        bool huge = bytes >= HugePage;
        Pointer = (float*)NativeMemory.AlignedAlloc(bytes, huge ? HugePage : 64u);
        if (huge && OperatingSystem.IsLinux()) _ = Advise(Pointer, bytes, AdviseHugePages);
        if (clear) NativeMemory.Clear(Pointer, bytes);
        GC.AddMemoryPressure((long)bytes);
    }

    ~NativeBuffer() => Free();

    /// <summary>First float.</summary>
    internal float* Pointer { get; private set; }

    /// <summary>Number of floats.</summary>
    internal long Length { get; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Pointer == null) return;
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        GC.RemoveMemoryPressure(Math.Max(Length, 1) * sizeof(float));
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
