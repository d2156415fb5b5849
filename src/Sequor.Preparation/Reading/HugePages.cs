using System.Runtime.InteropServices;

namespace Sequor.Preparation.Reading;

/// <summary>
/// Zeroed native memory on huge pages where the system offers them: tables that are looked up at random miss the address cache at nearly every
/// look-up on small pages.
/// </summary>
internal static unsafe partial class HugePages
{
    private const int PageSize = 2 << 20;
    private const int AdviseHugePages = 14;

    /// <summary>Allocates zeroed bytes; <see cref="Free"/> gives them back.</summary>
    public static byte* Allocate(nuint bytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc(bytes, PageSize);
        if (OperatingSystem.IsLinux()) _ = Advise(memory, bytes, AdviseHugePages);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }

    /// <summary>Gives memory back.</summary>
    public static void Free(void* memory) => NativeMemory.AlignedFree(memory);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
