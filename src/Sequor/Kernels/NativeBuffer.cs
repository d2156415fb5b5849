using System.Runtime.InteropServices;

namespace Sequor.Kernels;

/// <summary>Zeroed native float memory, aligned to pages and backed by huge pages where the system offers them.</summary>
/// <remarks>First-touch faults of 4 KiB pages cost more than the arithmetic of a step; allocate once and reuse.</remarks>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    private const int HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    /// <summary>Allocates <paramref name="length"/> floats, all zero.</summary>
    internal NativeBuffer(long length)
    {
        Length = length;
        nuint bytes = checked((nuint)Math.Max(length, 1) * sizeof(float));
        bool huge = bytes >= HugePage;
        Pointer = (float*)NativeMemory.AlignedAlloc(bytes, huge ? HugePage : 64u);
        if (huge && OperatingSystem.IsLinux()) _ = Advise(Pointer, bytes, AdviseHugePages);
        NativeMemory.Clear(Pointer, bytes);
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
