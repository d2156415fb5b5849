namespace Sequor.Tests.Retrieval;

internal static class Allocations
{
    /// <summary>
    /// Bytes that a call allocates on this thread once warm. A collection that another test causes takes the rest of this thread's nursery and
    /// counts it: the least of several is meant.
    /// </summary>
    internal static long Least(Action call)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            call();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
