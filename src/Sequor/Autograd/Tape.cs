using System.Runtime.CompilerServices;
using Sequor.Kernels;

namespace Sequor.Autograd;

/// <summary>
/// A forward pass: the memory of its matrices and, when it differentiates, the operations to walk back over. One thread uses a tape at
/// a time; the operations spread their work over <see cref="Workers"/>.
/// </summary>
public sealed unsafe class Tape : IDisposable
{
    private readonly Arena _arena = new();
    private readonly List<Operation> _operations = [];
    private NativeBuffer? _workspace;
    private int _count;

    /// <summary>A tape for training (<paramref name="differentiate"/>) or for inference.</summary>
    public Tape(WorkerPool workers, bool differentiate)
    {
        ArgumentNullException.ThrowIfNull(workers);
        Workers = workers;
        Differentiates = differentiate;
    }

    /// <summary>Threads of the operations.</summary>
    public WorkerPool Workers { get; }

    /// <summary>Whether gradients are wanted.</summary>
    public bool Differentiates { get; }

    /// <summary>Whether dropout is applied in this step.</summary>
    public bool DropsOut { get; private set; }

    internal CounterRandom DropoutRandom { get; private set; }

    /// <summary>Begins a step without dropout; all matrices of the step before are gone.</summary>
    public void Begin()
    {
        _arena.Reset();
        _count = 0;
        DropsOut = false;
    }

    /// <summary>Begins a training step with dropout masks that are a function of (seed, step).</summary>
    public void Begin(ulong seed, long step)
    {
        Begin();
        DropsOut = true;
        DropoutRandom = new CounterRandom(seed, RandomPurpose.Dropout, (ulong)step);
    }

    /// <summary>
    /// Walks back over the operations, from the last to the first. Gradients of outputs must stand where a loss has put them;
    /// dense gradients of parameters are added to what they hold, those of tables must have been used or cleared.
    /// </summary>
    public void Backward()
    {
        for (int i = _count - 1; i >= 0; i--) _operations[i].Backward();
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _arena.Dispose();
        _workspace?.Dispose();
    }

    /// <summary>A matrix of this step; its gradient, if any, starts at zero, its values are undefined: whoever writes them leaves the padding zero.</summary>
    internal Matrix Allocate(int rows, int columns, bool clearGradient = true)
    {
        long size = (long)rows * Simd.Pad(columns);
        float* data = _arena.Take(size, clear: false);
        float* gradient = Differentiates ? _arena.Take(size, clearGradient) : null;
        return new Matrix(data, gradient, rows, columns);
    }

    /// <summary>Plain memory of this step.</summary>
    internal float* AllocateFloats(long count, bool clear = false) => _arena.Take(count, clear);

    /// <summary>Memory that an operation needs only while it runs, shared by all of its pieces; its content is undefined, and the next call takes it back.</summary>
    internal float* Workspace(long count)
    {
        if (_workspace is null || _workspace.Length < count)
        {
            _workspace?.Dispose();
            _workspace = new NativeBuffer(count + count / 4);
        }
        return _workspace.Pointer;
    }

    /// <summary>The operation at this place of the step, as it was made for the step before.</summary>
    internal T Next<T>() where T : Operation, new()
    {
        if (_count == _operations.Count) _operations.Add(new T());
        else if (_operations[_count] is not T) _operations[_count] = new T();
        var operation = (T)_operations[_count];
        _count++;
        operation.Tape = this;
        return operation;
    }

    /// <summary>Dropout of the operation that was added last: no threshold when nothing is dropped.</summary>
    internal Dropout NextDropout(double rate) =>
        !DropsOut || rate <= 0 ? default : new Dropout(DropoutRandom.LaneKey(_count), (uint)(rate * 4294967296.0), (float)(1 / (1 - rate)));
}

/// <summary>Inverted dropout: lanes whose hash lies below the threshold become 0, others are scaled.</summary>
internal readonly record struct Dropout(uint Key, uint Threshold, float Scale)
{
    internal bool Active => Threshold != 0;

    /// <summary>Factors of the columns from <paramref name="column"/> on, in a matrix of rows of <paramref name="stride"/> floats; ones when nothing is dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal V Factors<V, S>(int row, int stride, int column) where V : struct where S : struct, ISimd<V> =>
        Active ? S.DropoutFactors(Key, (uint)row * (uint)stride + (uint)column, Threshold, Scale) : S.Create(1f);
}
