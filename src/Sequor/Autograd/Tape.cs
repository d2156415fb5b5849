using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
    private readonly List<Gradient> _gradients = [];
    private readonly List<(nint Memory, long Size)> _idle = [];
    private readonly List<(int Operation, IReadOnlyList<Parameter> Parameters)> _firstReads = [];
    private NativeBuffer? _workspace;
    private Tape? _inner;
    private int _count, _dropoutBase;
    private bool _keeps;
    private ActivationTrace? _trace;

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

    /// <summary>
    /// Number that row 0 of a matrix has in the whole batch, where a step runs over a share of it: dropout counts rows from here, so that a
    /// token's mask does not depend on who computes it.
    /// </summary>
    internal uint FirstRow { get; set; }

    /// <summary>Called by <see cref="Backward"/> with the parameters of <see cref="ReadFirst"/>, as soon as their gradients are complete.</summary>
    internal Action<IReadOnlyList<Parameter>>? GradientsComplete { get; set; }

    /// <summary>Begins a step without dropout; all matrices of the step before are gone.</summary>
    public void Begin()
    {
        Settle();
        _arena.Reset();
        _count = 0;
        _gradients.Clear();
        _idle.Clear();
        _firstReads.Clear();
        DropsOut = _keeps = false;
        _dropoutBase = 0;
        FirstRow = 0;
    }

    /// <summary>Begins a step whose matrices all stand until the next one, so that it can be looked into when it is over.</summary>
    internal void BeginKept()
    {
        Begin();
        _keeps = true;
    }

    /// <summary>The operations of this step, in order.</summary>
    internal ReadOnlySpan<Operation> Operations => CollectionsMarshal.AsSpan(_operations)[.._count];

    /// <summary>Begins a training step with dropout masks that are a function of (seed, step).</summary>
    public void Begin(ulong seed, long step)
    {
        Begin();
        DropsOut = true;
        DropoutRandom = new CounterRandom(seed, RandomPurpose.Dropout, (ulong)step);
    }

    /// <summary>From now on every operation that is done, those of parts that are not kept too, shows a trace what it made; <see cref="Settle"/> ends a step.</summary>
    internal void ShowTo(ActivationTrace trace) => _trace = trace;

    /// <summary>Shows the trace, if there is one, what the operations so far have made.</summary>
    internal void Settle()
    {
        if (_trace is null) return;
        _inner?.Settle();
        if (_count > 0) _trace.Take(this, _operations[_count - 1]);
    }

    /// <summary>The tape on which parts run that are not kept (<see cref="CheckpointOperation"/>).</summary>
    internal Tape Inner => _inner ??= new Tape(Workers, Differentiates);

    /// <summary>Where the dropout keys of the part that was added last begin.</summary>
    internal int NextDropoutBase => _count << 16;

    /// <summary>Begins a part of a step of another tape, with its dropout, whose rows are counted from <paramref name="firstRow"/>.</summary>
    internal void BeginPart(Tape of, int dropoutBase, uint firstRow)
    {
        Begin();
        (DropsOut, DropoutRandom, _dropoutBase, FirstRow, _trace) = (of.DropsOut, of.DropoutRandom, dropoutBase, firstRow, of._trace);
    }

    /// <summary>Says that no operation before this point reads the parameters: once backward has come back to it, their gradients are complete.</summary>
    internal void ReadFirst(IReadOnlyList<Parameter> parameters)
    {
        if (GradientsComplete is not null) _firstReads.Add((_count, parameters));
    }

    /// <summary>
    /// Walks back over the operations, from the last to the first. Gradients of outputs must stand where a loss has put them;
    /// dense gradients of parameters are added to what they hold, those of tables must have been used or cleared.
    /// </summary>
    public void Backward()
    {
        int last = _gradients.Count - 1, read = _firstReads.Count - 1;
        for (int i = _count - 1; i >= 0; i--)
        {
            _operations[i].Backward();
            // What the operation made is done with; the next layer down takes over the memory, which is still in a cache.
            for (; last >= 0 && _gradients[last].Operation > i; last--)
                if (*_gradients[last].Address != null && !_operations[i].KeepsOutputGradient) _idle.Add(((nint)(*_gradients[last].Address), _gradients[last].Size));
            for (; read >= 0 && _firstReads[read].Operation >= i; read--) GradientsComplete!(_firstReads[read].Parameters);
        }
    }

    /// <summary>Useful floating-point operations of this step, forward and, when it differentiates, backward.</summary>
    internal long Flops => ForwardFlops + (Differentiates ? BackwardFlops : 0);

    internal long ForwardFlops
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _count; i++) sum += _operations[i].ForwardFlops;
            return sum;
        }
    }

    internal long BackwardFlops
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _count; i++) sum += _operations[i].BackwardFlops;
            return sum;
        }
    }

    /// <summary>Native memory of the tape.</summary>
    internal long MemoryBytes => _arena.Bytes + (_workspace?.Length ?? 0) * sizeof(float) + (_inner?.MemoryBytes ?? 0);

    /// <summary>Bytes of table rows that this step gathers.</summary>
    internal long GatheredBytes
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _count; i++) sum += _operations[i].GatheredBytes;
            return sum;
        }
    }

    /// <summary>Ends the native memory.</summary>
    public void Dispose()
    {
        _arena.Dispose();
        _workspace?.Dispose();
        _inner?.Dispose();
    }

    /// <summary>
    /// A matrix of this step. Its values are undefined: whoever writes them leaves the padding zero. Its gradient, if any, begins at zero,
    /// at once (<paramref name="clearGradient"/>), or in effect: who reads the matrix asks <see cref="AddsToGradient"/> in backward.
    /// </summary>
    internal Matrix Allocate(int rows, int columns, bool clearGradient = true)
    {
        long size = (long)rows * Simd.Pad(columns);
        float* data = TakeIdle(size);
        if (data == null) data = _arena.Take(size, clear: false);
        _trace?.Add(this, new Matrix(data, null, rows, columns));
        if (!Differentiates) return new Matrix(data, null, rows, columns);
        float** address = (float**)_arena.Take(1, clear: true);
        if (clearGradient) *address = _arena.Take(size, clear: true);
        _gradients.Add(new Gradient(address, size, _count));
        return new Matrix(data, address, rows, columns, _gradients.Count - 1);
    }

    /// <summary>
    /// Nothing will read the matrix any more. At inference the next matrix of its size takes over the memory, which is still in a cache;
    /// a tape that differentiates keeps it, as backward reads it again.
    /// </summary>
    internal void Release(in Matrix matrix)
    {
        if (!Differentiates && !_keeps) _idle.Add(((nint)matrix.Data, matrix.Size));
    }

    /// <summary>
    /// Whether backward is to add to a gradient, or to write all of it: of the operations that read a matrix, the first to walk back
    /// writes. That saves a pass over memory that would only set zeros, and gives the gradient its memory when it is needed.
    /// </summary>
    internal bool AddsToGradient(in Matrix matrix)
    {
        if (matrix.Gradient != null) return true;
        Gradient gradient = _gradients[matrix.Slot];
        float* idle = TakeIdle(gradient.Size);
        *gradient.Address = idle == null ? _arena.Take(gradient.Size, clear: false) : idle;
        return false;
    }

    /// <summary>Gives a gradient its memory, for operations that each write columns of their own.</summary>
    internal void BeginGradient(in Matrix matrix) => AddsToGradient(matrix);

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
        Settle();
        if (_count == _operations.Count) _operations.Add(new T());
        else if (_operations[_count] is not T) _operations[_count] = new T();
        var operation = (T)_operations[_count];
        _count++;
        operation.Tape = this;
        return operation;
    }

    /// <summary>Dropout of the operation that was added last: no threshold when nothing is dropped.</summary>
    internal Dropout NextDropout(double rate) =>
        !DropsOut || rate <= 0 ? default : new Dropout(DropoutRandom.LaneKey(_dropoutBase + _count), (uint)(rate * 4294967296.0), (float)(1 / (1 - rate)), FirstRow);

    // Memory of this size that nothing uses any more, the latest first; null if there is none.
    private float* TakeIdle(long size)
    {
        int fit = _idle.Count - 1;
        while (fit >= 0 && _idle[fit].Size != size) fit--;
        if (fit < 0) return null;
        nint memory = _idle[fit].Memory;
        _idle.RemoveAt(fit);
        return (float*)memory;
    }

    // Operation: how many stood on the tape when the matrix was made, its maker included.
    private readonly record struct Gradient(nint At, long Size, int Operation)
    {
        internal Gradient(float** address, long size, int operation)
            : this((nint)address, size, operation)
        {
        }

        internal float** Address => (float**)At;
    }
}

/// <summary>Inverted dropout: lanes whose hash lies below the threshold become 0, others are scaled. Rows are counted from <see cref="FirstRow"/>.</summary>
internal readonly record struct Dropout(uint Key, uint Threshold, float Scale, uint FirstRow)
{
    internal bool Active => Threshold != 0;

    /// <summary>Factors of the columns from <paramref name="column"/> on, in a matrix of rows of <paramref name="stride"/> floats; ones when nothing is dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal V Factors<V, S>(int row, int stride, int column) where V : struct where S : struct, ISimd<V> =>
        Active ? S.DropoutFactors(Key, ((uint)row + FirstRow) * (uint)stride + (uint)column, Threshold, Scale) : S.Create(1f);

    /// <summary>One factor for a whole row.</summary>
    internal float RowFactor(int row) => CounterRandom.Hash((uint)row + FirstRow, Key) < Threshold ? 0 : Scale;
}
