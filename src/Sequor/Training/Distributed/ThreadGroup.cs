namespace Sequor.Training.Distributed;

/// <summary>A group whose ranks are threads of this process: to test with, and to see the exchange without a launcher. Sums go in the order of the ranks.</summary>
public sealed unsafe class ThreadGroup : IProcessGroup
{
    private readonly Board _board;

    private ThreadGroup(Board board, int rank) => (_board, Rank) = (board, rank);

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size => _board.Size;

    /// <summary>Makes a group: one object a rank, each to be used by a thread of its own.</summary>
    public static ThreadGroup[] Create(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var board = new Board(size);
        return [.. Enumerable.Range(0, size).Select(rank => new ThreadGroup(board, rank))];
    }

    /// <inheritdoc/>
    public string HostOf(int rank) => $"thread-{rank}";

    /// <inheritdoc/>
    public void Sum(float* values, long count)
    {
        float[] sum = new float[count];
        Meet(values);
        for (int rank = 0; rank < Size; rank++)
            for (long i = 0; i < count; i++) sum[i] += ((float*)_board.Pointers[rank])[i];
        _board.Meet();
        sum.CopyTo(new Span<float>(values, (int)count));
    }

    /// <inheritdoc/>
    public void Sum(double* values, long count)
    {
        double[] sum = new double[count];
        Meet(values);
        for (int rank = 0; rank < Size; rank++)
            for (long i = 0; i < count; i++) sum[i] += ((double*)_board.Pointers[rank])[i];
        _board.Meet();
        sum.CopyTo(new Span<double>(values, (int)count));
    }

    /// <inheritdoc/>
    public void Gather(uint* words, ReadOnlySpan<long> counts)
    {
        Meet(words);
        for (long rank = 0, start = 0; rank < Size; start += counts[(int)rank++])
            if (rank != Rank) Buffer.MemoryCopy((uint*)_board.Pointers[rank] + start, words + start, counts[(int)rank] * sizeof(uint), counts[(int)rank] * sizeof(uint));
        _board.Meet();
    }

    /// <inheritdoc/>
    public void Exchange(uint* send, ReadOnlySpan<long> sendCounts, uint* receive, ReadOnlySpan<long> receiveCounts)
    {
        _board.Counts[Rank] = sendCounts.ToArray();
        Meet(send);
        for (int rank = 0; rank < Size; receive += receiveCounts[rank++])
        {
            long start = 0, bytes = receiveCounts[rank] * sizeof(uint);
            for (int before = 0; before < Rank; before++) start += _board.Counts[rank][before];
            Buffer.MemoryCopy((uint*)_board.Pointers[rank] + start, receive, bytes, bytes);
        }
        _board.Meet();
    }

    /// <inheritdoc/>
    public void Broadcast(byte* values, long count, int root)
    {
        Meet(values);
        if (Rank != root) Buffer.MemoryCopy((byte*)_board.Pointers[root], values, count, count);
        _board.Meet();
    }

    /// <inheritdoc/>
    public void Barrier() => _board.Meet();

    /// <summary>Breaks the group up: whoever waits for this rank, or comes to wait, is told.</summary>
    public void Dispose() => _board.Break(Rank);

    private void Meet(void* values)
    {
        _board.Pointers[Rank] = (nint)values;
        _board.Meet();
    }

    // A barrier that can break.
    private sealed class Board(int size)
    {
        private readonly object _change = new();
        private int _waiting;
        private long _round;
        private int? _lost;

        internal int Size => size;

        internal nint[] Pointers { get; } = new nint[size];

        internal long[][] Counts { get; } = new long[size][];

        internal void Meet()
        {
            lock (_change)
            {
                long round = _round;
                if (++_waiting == size)
                {
                    (_waiting, _round) = (0, _round + 1);
                    Monitor.PulseAll(_change);
                    return;
                }
                while (_round == round)
                {
                    if (_lost is { } rank) throw new RankFailureException($"rank {rank} has left the job");
                    Monitor.Wait(_change);
                }
            }
        }

        internal void Break(int rank)
        {
            lock (_change)
            {
                _lost ??= rank;
                Monitor.PulseAll(_change);
            }
        }
    }
}
