using System.Runtime.InteropServices;

namespace Sequor.Cli.Bench;

/// <summary>How much memory the process holds.</summary>
internal static class ResidentMemory
{
    /// <summary>
    /// Resident bytes once freed memory went back to the system: the C library keeps what was freed for the next who asks, who would then seem to take
    /// nothing.
    /// </summary>
    public static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = Trim(0);
            }
            catch (EntryPointNotFoundException)
            {
                // Not the GNU C library, and none that keeps much.
            }
        }

        return Environment.WorkingSet;
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int Trim(nuint pad);
}
