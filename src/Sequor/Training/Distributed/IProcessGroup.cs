namespace Sequor.Training.Distributed;

/// <summary>
/// Processes that train together, numbered 0 … Size − 1. Every process calls the same operations in the same order with the same sizes, from one
/// thread at a time, and an operation returns when this process has its result.
/// </summary>
/// <remarks>Sums come to the same bits in every process.</remarks>
public unsafe interface IProcessGroup : IDisposable
{
    /// <summary>Number of this process.</summary>
    int Rank { get; }

    /// <summary>Number of processes.</summary>
    int Size { get; }

    /// <summary>Name of the machine that a process runs on.</summary>
    string HostOf(int rank);

    /// <summary>Replaces each float32 by its sum over the processes.</summary>
    /// <exception cref="RankFailureException">The group has broken up.</exception>
    void Sum(float* values, long count);

    /// <summary>Replaces each float64 by its sum over the processes.</summary>
    /// <exception cref="RankFailureException">The group has broken up.</exception>
    void Sum(double* values, long count);

    /// <summary>
    /// Gives every process the blocks of all, which stand one behind the other at <paramref name="words"/>; each has filled its own.
    /// </summary>
    /// <param name="words">Room for all blocks, in units of four bytes.</param>
    /// <param name="counts">Units of each process's block (Size).</param>
    /// <exception cref="RankFailureException">The group has broken up.</exception>
    void Gather(uint* words, ReadOnlySpan<long> counts);

    /// <summary>
    /// Gives each process a block of its own: block r of <paramref name="send"/> goes to process r, and block r of <paramref name="receive"/> comes from it.
    /// Blocks stand one behind the other, in units of four bytes.
    /// </summary>
    /// <exception cref="RankFailureException">The group has broken up.</exception>
    void Exchange(uint* send, ReadOnlySpan<long> sendCounts, uint* receive, ReadOnlySpan<long> receiveCounts);

    /// <summary>Gives every process the bytes of <paramref name="root"/>.</summary>
    /// <exception cref="RankFailureException">The group has broken up.</exception>
    void Broadcast(byte* values, long count, int root);

    /// <summary>Returns when every process has called it.</summary>
    /// <exception cref="RankFailureException">The group has broken up.</exception>
    void Barrier();
}
