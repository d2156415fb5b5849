using System.Runtime.InteropServices;

namespace Sequor.Kernels;

/// <summary>Native float memory, aligned to pages and backed by huge pages where the system offers them.</summary>
/// <remarks>First-touch faults of 4 KiB pages cost more than the arithmetic of a step; allocate once and reuse.</remarks>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    private const int HugePage = 2 << 20;
    private const int AdviseHugePages = 14;
    private const int AdviseSmallPages = 15;
    private const int AdviseGone = 4;
    private const int ReadAndWrite = 3;
    private const int PrivateAnonymousUncommitted = 0x4022;
    private readonly bool _reserved;

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

    private NativeBuffer(float* reserved, long length)
    {
        Pointer = reserved;
        (Length, _reserved) = (length, true);
    }

    ~NativeBuffer() => Free();

    /// <summary>
    /// Addresses for <paramref name="length"/> floats, all zero, of which only the pages that are written to take memory, in 4 KiB each: for what is larger
    /// than memory and used in part. Where the system is not Linux, memory for all.
    /// </summary>
    /// <exception cref="InsufficientMemoryException">The system has no room for the addresses.</exception>
    internal static NativeBuffer Reserve(long length)
    {
        if (!OperatingSystem.IsLinux()) return new NativeBuffer(length);
        void* memory = Map(null, checked((nuint)length * sizeof(float)), ReadAndWrite, PrivateAnonymousUncommitted, -1, 0);
        if ((nint)memory == -1) throw new InsufficientMemoryException($"no room for {length} floats of addresses");
        // Where the system gives huge pages unasked, each float that is written to would take one.
        _ = Advise(memory, (nuint)length * sizeof(float), AdviseSmallPages);
        return new NativeBuffer((float*)memory, length);
    }

    /// <summary>First float.</summary>
    internal float* Pointer { get; private set; }

    /// <summary>Number of floats.</summary>
    internal long Length { get; }

    /// <summary>Asks for huge pages in a part of a buffer that was reserved, all of which will be used.</summary>
    internal static void PreferHugePages(float* first, long count) => Advise(first, count, HugePage, AdviseHugePages);

    /// <summary>Gives the pages back that lie whole in a part of a buffer that was reserved; the part is of no defined value then.</summary>
    internal static void Release(float* first, long count) => Advise(first, count, (nuint)Environment.SystemPageSize, AdviseGone);

    // Of the pages that lie whole in a part.
    private static void Advise(float* first, long count, nuint page, int advice)
    {
        nuint start = ((nuint)first + page - 1) / page * page, end = (nuint)(first + count) / page * page;
        if (OperatingSystem.IsLinux() && end > start) _ = Advise((void*)start, end - start, advice);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Pointer == null) return;
        if (_reserved) _ = Unmap(Pointer, (nuint)Length * sizeof(float));
        else NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        if (!_reserved) GC.RemoveMemoryPressure(Math.Max(Length, 1) * sizeof(float));
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
