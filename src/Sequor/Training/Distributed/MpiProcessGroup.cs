using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Sequor.Training.Distributed;

/// <summary>The processes that Open MPI's <c>mpirun</c> has started, on one host or on many.</summary>
/// <remarks>
/// One thread makes all calls of MPI. It waits by asking, with pauses, so that waiting leaves the core to the computation, and meanwhile tells the next rank
/// that it lives and listens for the one before (<see cref="Heartbeat"/>): a rank that stops is noticed, one that evaluates for long is not taken for stopped.
/// Sums and gathered blocks go in chunks of a million words, which Open MPI moves several times faster than one piece.
/// </remarks>
public sealed unsafe class MpiProcessGroup : IProcessGroup
{
    private const int Chunk = 1 << 20;
    private const int NameWords = 16;
    private const int CardWords = NameWords + SHA256.HashSizeInBytes / sizeof(uint);
    private const int EagerPolls = 200;
    private const int YieldingPolls = 1000;
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(50);
    private readonly MpiLibrary _mpi = MpiLibrary.Load();
    private readonly object _change = new();
    private readonly Thread _thread;
    private readonly int* _counts, _starts;
    private readonly string?[] _hosts;
    private Heartbeat? _heartbeat;
    private Exception? _failure;
    private Work? _work;
    private volatile bool _stopping;

    private MpiProcessGroup(TimeSpan patience, Action<string> onLoss)
    {
        _thread = new Thread(() => Run(patience, onLoss)) { IsBackground = true, Name = "Sequor ranks" };
        _hosts = new string[RankEnvironment.Size];
        _counts = (int*)NativeMemory.Alloc((nuint)(4 * _hosts.Length * sizeof(int)));
        _starts = _counts + _hosts.Length;
    }

    // Done on the thread of the group, over and over until it is finished.
    private delegate void Work();

    /// <inheritdoc/>
    public int Rank { get; private set; }

    /// <inheritdoc/>
    public int Size { get; private set; }

    /// <summary>The version of Open MPI that is there, or null.</summary>
    public static string? LibraryVersion => MpiLibrary.Version();

    /// <summary>How Open MPI is installed.</summary>
    public static string InstallAdvice => MpiLibrary.Advice;

    /// <summary>Joins the processes that <c>mpirun</c> has started.</summary>
    /// <param name="patience">How long a rank may be silent; it speaks several times in this time, whatever it does.</param>
    /// <param name="onLoss">Told in a sentence which rank is lost, on a thread of the group; it should end the process.</param>
    /// <exception cref="InvalidInputException">Open MPI is not there, or another MPI is, or the processes run different builds.</exception>
    /// <exception cref="RankFailureException">The processes do not find each other.</exception>
    public static MpiProcessGroup Join(TimeSpan patience, Action<string> onLoss)
    {
        RankEnvironment.RequireOpenMpi();
        var group = new MpiProcessGroup(patience, onLoss);
        group._thread.Start();
        group.Do(() => { });
        group.Introduce();
        return group;
    }

    /// <inheritdoc/>
    public string HostOf(int rank) => _hosts[rank]!;

    /// <inheritdoc/>
    public void Sum(float* values, long count) => Do(() => Sum(values, count, sizeof(float), _mpi.Float));

    /// <inheritdoc/>
    public void Sum(double* values, long count) => Do(() => Sum(values, count, sizeof(double), _mpi.Double));

    /// <inheritdoc/>
    public void Gather(uint* words, ReadOnlySpan<long> counts)
    {
        long[] blocks = counts.ToArray();
        RequireFits(blocks);
        Do(() =>
        {
            for (long done = 0; done < blocks.Max(); done += Chunk)
            {
                long start = 0;
                for (int rank = 0; rank < Size; start += blocks[rank++])
                    (_counts[rank], _starts[rank]) = ((int)Math.Clamp(blocks[rank] - done, 0, Chunk), (int)(start + Math.Min(done, blocks[rank])));
                nint request;
                Check(_mpi.AllGather(MpiLibrary.InPlace, 0, _mpi.Word, words, _counts, _starts, _mpi.Word, _mpi.World, &request));
                Complete(&request);
            }
        });
    }

    /// <inheritdoc/>
    public void Exchange(uint* send, ReadOnlySpan<long> sendCounts, uint* receive, ReadOnlySpan<long> receiveCounts)
    {
        long[] sent = sendCounts.ToArray(), received = receiveCounts.ToArray();
        RequireFits(sent);
        RequireFits(received);
        Do(() =>
        {
            int* receiveStarts = _starts + Size, receives = receiveStarts + Size;
            int start = 0, receiveStart = 0;
            for (int rank = 0; rank < Size; rank++)
            {
                (_counts[rank], _starts[rank], receives[rank], receiveStarts[rank]) = ((int)sent[rank], start, (int)received[rank], receiveStart);
                (start, receiveStart) = (start + _counts[rank], receiveStart + receives[rank]);
            }
            nint request;
            Check(_mpi.AllToAll(send, _counts, _starts, _mpi.Word, receive, receives, receiveStarts, _mpi.Word, _mpi.World, &request));
            Complete(&request);
        });
    }

    /// <inheritdoc/>
    public void Broadcast(byte* values, long count, int root) => Do(() =>
    {
        for (long done = 0; done < count; done += Chunk)
        {
            nint request;
            Check(_mpi.Broadcast(values + done, (int)Math.Min(Chunk, count - done), _mpi.Byte, root, _mpi.World, &request));
            Complete(&request);
        }
    });

    /// <inheritdoc/>
    public void Barrier() => Do(() =>
    {
        nint request;
        Check(_mpi.Barrier(_mpi.World, &request));
        Complete(&request);
    });

    /// <summary>Leaves the group in good order, together with all other ranks.</summary>
    public void Leave()
    {
        Barrier();
        Do(() =>
        {
            _heartbeat!.End();
            _stopping = true;
            Check(_mpi.Finish());
        });
        _thread.Join();
    }

    /// <summary>Ends the thread. Without <see cref="Leave"/> the group is left in disorder, which ends the other ranks with this process.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive) _thread.Join(TimeSpan.FromSeconds(1));
    }

    // Each rank shows a card: the name of its host, and the hash of its program, without which nothing else that the ranks say to each other is sure to be understood.
    private void Introduce()
    {
        uint[] cards = new uint[Size * CardWords];
        Span<byte> own = MemoryMarshal.AsBytes(cards.AsSpan(Rank * CardWords, CardWords));
        byte[] name = Encoding.UTF8.GetBytes(Environment.MachineName);
        name.AsSpan(0, Math.Min(name.Length, NameWords * sizeof(uint))).CopyTo(own);
        SHA256.HashData(Encoding.UTF8.GetBytes($"{typeof(MpiProcessGroup).Assembly.GetName().Version} {typeof(MpiProcessGroup).Module.ModuleVersionId}"), own[(NameWords * sizeof(uint))..]);
        long[] counts = new long[Size];
        Array.Fill(counts, CardWords);
        fixed (uint* first = cards) Gather(first, counts);
        for (int rank = 0; rank < Size; rank++)
            _hosts[rank] = Encoding.UTF8.GetString(MemoryMarshal.AsBytes(cards.AsSpan(rank * CardWords, NameWords))).TrimEnd('\0');
        ReadOnlySpan<uint> program = cards.AsSpan(NameWords, CardWords - NameWords);
        for (int rank = 1; rank < Size; rank++)
            if (!program.SequenceEqual(cards.AsSpan(rank * CardWords + NameWords, CardWords - NameWords)))
                throw new InvalidInputException($"rank {rank} on {HostOf(rank)} runs another build of Sequor than rank 0 on {HostOf(0)}: install the same version on all hosts");
    }

    private void Sum(void* values, long count, int size, nint type)
    {
        for (long done = 0; done < count; done += Chunk)
        {
            nint request;
            Check(_mpi.AllReduce(MpiLibrary.InPlace, (byte*)values + done * size, (int)Math.Min(Chunk, count - done), type, _mpi.Sum, _mpi.World, &request));
            Complete(&request);
        }
    }

    private static void RequireFits(long[] blocks)
    {
        if (blocks.Sum() > int.MaxValue) throw new InvalidInputException($"the ranks exchange {blocks.Sum()} words at once; at most {int.MaxValue} can be: lower train_fn.num_negatives or train_fn.local_batch_size");
    }

    private void Do(Work work)
    {
        lock (_change)
        {
            _work = work;
            Monitor.PulseAll(_change);
            while (_work is not null && _failure is null) Monitor.Wait(_change);
            if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        }
    }

    private void Run(TimeSpan patience, Action<string> onLoss)
    {
        try
        {
            Begin(patience, onLoss);
            while (!_stopping)
            {
                Work? work;
                lock (_change)
                {
                    if (_work is null) Monitor.Wait(_change, s_idle);
                    work = _work;
                }
                work?.Invoke();
                if (!_stopping) _heartbeat!.Tick();
                lock (_change)
                {
                    if (work is not null) _work = null;
                    Monitor.PulseAll(_change);
                }
            }
        }
        catch (Exception failure)
        {
            lock (_change)
            {
                _failure = failure;
                Monitor.PulseAll(_change);
            }
        }
    }

    private void Begin(TimeSpan patience, Action<string> onLoss)
    {
        int provided, rank, size;
        Check(_mpi.Init(null, null, 1, &provided));
        Check(_mpi.SetErrorHandler(_mpi.World, _mpi.ErrorsReturn));
        Check(_mpi.Rank(_mpi.World, &rank));
        Check(_mpi.Size(_mpi.World, &size));
        (Rank, Size) = (rank, size);
        if (size != _hosts.Length) throw new RankFailureException($"the launcher speaks of {_hosts.Length} ranks and Open MPI finds {size}: are mpirun and {MpiLibrary.FileName} of one version?");
        _heartbeat = new Heartbeat(_mpi, rank, size, patience, lost => onLoss(SaysLost(lost, patience)));
    }

    private string SaysLost(int rank, TimeSpan patience) => _hosts[rank] is { } host
        ? $"rank {rank} on {host} has been silent for {patience.TotalSeconds:0.#} s, stopped or cut off: the job ends"
        : $"rank {rank} does not answer in {patience.TotalSeconds:0.#} s: the hosts must reach each other's TCP ports; name the network between them by --mca btl_tcp_if_include (and oob_tcp_if_include), or open its ports";

    private void Complete(nint* request)
    {
        for (int polls = 0; ; polls++)
        {
            int done = 0;
            Check(_mpi.Test(request, &done, null));
            if (done != 0) return;
            if (_stopping) throw new RankFailureException("this rank leaves the job");
            _heartbeat!.Tick();
            if (polls < EagerPolls) Thread.SpinWait(20);
            else if (polls < YieldingPolls) Thread.Yield();
            else _ = Pause(100);
        }
    }

    private void Check(int code)
    {
        if (code != 0) throw new RankFailureException($"Open MPI reports: {_mpi.Explain(code)}");
    }

    [DllImport("libc.so.6", EntryPoint = "usleep")]
    private static extern int Pause(uint microseconds);
}
