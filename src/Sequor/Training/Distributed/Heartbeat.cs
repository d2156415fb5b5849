using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sequor.Training.Distributed;

/// <summary>Each rank tells the next one, round the ring, that it lives, and listens for the one before.</summary>
internal sealed unsafe class Heartbeat
{
    private const int Tag = 7001;
    private const int BeatsInPatience = 8;
    private static readonly long s_listenEvery = Stopwatch.Frequency / 100;
    private readonly MpiLibrary _mpi;
    private readonly Action<int> _onLoss;
    private readonly int _next, _before;
    private readonly long _patience;
    private readonly nint* _requests;
    private readonly byte* _bytes;
    private long _nextBeat, _nextListen, _heard;

    internal Heartbeat(MpiLibrary mpi, int rank, int size, TimeSpan patience, Action<int> onLoss)
    {
        (_mpi, _onLoss) = (mpi, onLoss);
        (_next, _before) = ((rank + 1) % size, (rank + size - 1) % size);
        _patience = (long)(patience.TotalSeconds * Stopwatch.Frequency);
        // The library writes here whenever it likes.
        _requests = (nint*)NativeMemory.AllocZeroed(2, (nuint)sizeof(nint));
        _bytes = (byte*)NativeMemory.AllocZeroed(2);
        _heard = Stopwatch.GetTimestamp();
        Listen();
    }

    /// <summary>Speaks and listens, as it is time; cheap to call over and over.</summary>
    internal void Tick()
    {
        long now = Stopwatch.GetTimestamp();
        if (now < _nextListen) return;
        // A rank that was itself stopped has heard nobody, through no fault of theirs.
        if (now - _nextListen > _patience / 2) _heard = now;
        _nextListen = now + s_listenEvery;
        while (IsDone(1))
        {
            _heard = now;
            Listen();
        }
        if (now >= _nextBeat && (_requests[0] == 0 || IsDone(0)))
        {
            _nextBeat = now + _patience / BeatsInPatience;
            Check(_mpi.Send(_bytes, 1, _mpi.Byte, _next, Tag, _mpi.World, _requests));
        }
        if (now - _heard > _patience) _onLoss(_before);
    }

    /// <summary>Stops listening.</summary>
    internal void End()
    {
        _ = _mpi.Cancel(_requests + 1);
        _ = _mpi.Free(_requests + 1);
    }

    private void Listen() => Check(_mpi.Receive(_bytes + 1, 1, _mpi.Byte, _before, Tag, _mpi.World, _requests + 1));

    private bool IsDone(int request)
    {
        int done = 0;
        Check(_mpi.Test(_requests + request, &done, null));
        return done != 0;
    }

    private void Check(int code)
    {
        if (code != 0) throw new RankFailureException($"Open MPI reports: {_mpi.Explain(code)}");
    }
}
