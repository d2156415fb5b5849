using Sequor.Kernels;

namespace Sequor.Modeling;

/// <summary>
/// Memory for the keys and values of many users, cut out of large pieces and handed on from one to the next: users come and go, and memory that is new
/// costs more to touch than to fill. It ends with the model, whole. Thread-safe.
/// </summary>
internal sealed unsafe class StripPool : IDisposable
{
    // Eight huge pages.
    private const long PieceFloats = 4 << 20;

    // A cache line, and so that no two strips share one.
    private const int Alignment = 16;
    private readonly Lock _gate = new();
    private readonly List<NativeBuffer> _pieces = [];
    private readonly Dictionary<long, Stack<nint>> _idle = [];
    private long _used, _size;
    private bool _disposed;

    /// <summary>Memory of so many floats; what stands in it is undefined.</summary>
    internal float* Rent(long floats)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_idle.TryGetValue(floats, out Stack<nint>? idle) && idle.TryPop(out nint strip)) return (float*)strip;
            if (_used + floats > _size)
            {
                // What is left of the piece before is given up; strips are small beside it.
                (_used, _size) = (0, Math.Max(PieceFloats, floats));
                _pieces.Add(new NativeBuffer(_size, clear: false));
            }

            float* rented = _pieces[^1].Pointer + _used;
            _used += (floats + Alignment - 1) / Alignment * Alignment;
            return rented;
        }
    }

    /// <summary>Takes back what was rented as so many floats; nothing to do once the pool has ended.</summary>
    internal void Return(float* strip, long floats)
    {
        lock (_gate)
        {
            if (_disposed) return;
            if (!_idle.TryGetValue(floats, out Stack<nint>? idle)) _idle.Add(floats, idle = []);
            idle.Push((nint)strip);
        }
    }

    /// <summary>Ends the memory; nobody may use what was rented.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (NativeBuffer piece in _pieces) piece.Dispose();
        }
    }
}
