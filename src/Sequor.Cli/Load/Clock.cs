using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sequor.Cli.Load;

/// <summary>
/// Waits for a moment. On Linux a thread sleeps to some ten microseconds and burns nothing while it does, which matters where the service
/// shares the cores; elsewhere the last two milliseconds are spent yielding.
/// </summary>
internal static class Clock
{
    private const int SetTimerSlack = 29;

    // Interruptions are noticed after so long.
    private const double LongestSleep = 1;

    private static readonly bool IsLinux = OperatingSystem.IsLinux();

    /// <summary>Asks the system to wake this thread on time rather than together with others; once a thread.</summary>
    public static void MakePrecise()
    {
        if (IsLinux) _ = Control(SetTimerSlack, 1, 0, 0, 0);
    }

    /// <summary>Returns at the moment or just after it; at once when it has passed.</summary>
    /// <param name="start">A time stamp of <see cref="Stopwatch"/>.</param>
    /// <param name="seconds">Seconds after it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void WaitUntil(long start, double seconds, CancellationToken cancellation)
    {
        while (true)
        {
            double left = seconds - Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (left <= 0) return;
            cancellation.ThrowIfCancellationRequested();
            left = Math.Min(left, LongestSleep);
            if (IsLinux)
            {
                var time = new TimeSpec { Nanoseconds = (nint)(left * 1e9) };
                _ = Sleep(ref time, 0);
            }
            else if (left > 0.002)
            {
                Thread.Sleep((int)((left - 0.002) * 1e3));
            }
            else
            {
                Thread.Yield();
            }
        }
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    private static extern int Sleep(ref TimeSpec time, nint remaining);

    [DllImport("libc", EntryPoint = "prctl")]
    private static extern int Control(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
