using System.Runtime.ExceptionServices;

namespace Sequor.Kernels;

/// <summary>
/// Runs numbered pieces of work on a fixed set of threads, without allocating. Which thread takes which piece is left to chance:
/// callers make pieces that do not depend on it (fixed partitions, reduced in order), so results never depend on the thread count.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 400;
    private static readonly Action<int> s_nothing = static _ => { };

    // Ticket of a run that takes no more pieces: beyond any count.
    private const uint Closed = int.MaxValue;

    private readonly Thread[] _threads;
    private readonly Lock _gate = new();
    private readonly object _wake = new();
    private Action<int> _body = s_nothing;
    private Exception? _failure;
    private int _count;
    private int _done;
    private int _busy;
    private int _sleeping;

    // Number of the run above, next piece below. Whoever takes a piece swaps both at once, so that a thread that comes late to a run
    // can never take a piece of the next one by mistake, and nobody need wait for it.
    private long _ticket = Closed;
    private volatile bool _stopped;

    /// <summary>Starts a pool of <paramref name="threadCount"/> threads, the caller of <see cref="Run"/> included.</summary>
    public WorkerPool(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        ThreadCount = threadCount;
        _threads = new Thread[threadCount - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"Sequor worker {i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>A pool as wide as the machine, for callers that have no wish of their own.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount);

    /// <summary>Threads that take part in a <see cref="Run"/>.</summary>
    public int ThreadCount { get; }

    /// <summary>
    /// Calls <paramref name="body"/> with 0 … <paramref name="count"/> − 1 and returns when all are done. Called from within a piece,
    /// or while another thread uses the pool, it runs the pieces on the caller.
    /// </summary>
    public void Run(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ObjectDisposedException.ThrowIf(_stopped, this);
        if (count <= 1 || _threads.Length == 0 || Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            for (int i = 0; i < count; i++) body(i);
            return;
        }

        _body = body;
        _count = count;
        _done = 0;
        _failure = null;
        long run = (_ticket >> 32) + 1;
        Volatile.Write(ref _ticket, run << 32);
        // The threads that sleep look at the ticket once more before they do; the fence keeps this read behind the write.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) > 0) lock (_wake) Monitor.PulseAll(_wake);
        Drain(run);
        SpinWait spin = default;
        while (Volatile.Read(ref _done) != count) spin.SpinOnce(-1);
        Volatile.Write(ref _ticket, (run << 32) | Closed);
        Exception? failure = _failure;
        _body = s_nothing;
        Volatile.Write(ref _busy, 0);
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        _stopped = true;
        lock (_wake) Monitor.PulseAll(_wake);
        foreach (Thread thread in _threads) thread.Join();
    }

    private void Drain(long run)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket);
            int piece = (int)(uint)ticket;
            Action<int> body = _body;
            if (ticket >> 32 != run || piece >= Volatile.Read(ref _count)) return;
            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) != ticket) continue;
            try
            {
                body(piece);
            }
            catch (Exception failure)
            {
                lock (_gate) _failure ??= failure;
            }
            Interlocked.Increment(ref _done);
        }
    }

    private void Work()
    {
        long seen = 0;
        while (!_stopped)
        {
            for (int spins = 0; spins < SpinsBeforeSleep && Volatile.Read(ref _ticket) >> 32 == seen; spins++) Thread.SpinWait(30);
            if (Volatile.Read(ref _ticket) >> 32 == seen) Sleep(seen);
            if (_stopped) return;
            seen = Volatile.Read(ref _ticket) >> 32;
            Drain(seen);
        }
    }

    private void Sleep(long seen)
    {
        lock (_wake)
        {
            Interlocked.Increment(ref _sleeping);
            while (Volatile.Read(ref _ticket) >> 32 == seen && !_stopped) Monitor.Wait(_wake);
            Interlocked.Decrement(ref _sleeping);
        }
    }
}
