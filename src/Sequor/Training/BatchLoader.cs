using System.Runtime.ExceptionServices;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Training;

/// <summary>
/// Prepares the batches of an epoch on a thread of its own, a few ahead of the step that uses them: users in a random order that is a
/// function of (seed, epoch), batches of B users, the last one smaller.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private const int Depth = 3;
    private readonly LeaveOneOut _view;
    private readonly int _batchSize;
    private readonly double _keepRate;
    private readonly ulong _seed;
    private readonly int[] _users;
    private readonly Queue<SequenceBatch> _free = new();
    private readonly Queue<SequenceBatch> _ready = new();
    private readonly List<SequenceBatch> _all = [];
    private readonly object _change = new();
    private Thread? _thread;
    private Exception? _failure;
    private int _remaining;
    private bool _stopping;
    private bool[] _keep = [];
    private int[] _items = [];
    private float[] _ratings = [];
    private long[] _times = [];

    /// <summary>Makes a loader; <paramref name="keepRate"/> below 1 keeps each event of a history with that probability.</summary>
    public BatchLoader(LeaveOneOut view, int batchSize, double keepRate, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(view);
        (_view, _batchSize, _keepRate, _seed) = (view, batchSize, keepRate, seed);
        _users = [.. Enumerable.Range(0, view.Store.UserCount).Where(view.IsUsable)];
        for (int i = 0; i < Depth; i++)
        {
            var batch = new SequenceBatch();
            _free.Enqueue(batch);
            _all.Add(batch);
        }
    }

    /// <summary>Users an epoch.</summary>
    public int UserCount => _users.Length;

    /// <summary>Batches an epoch.</summary>
    public int BatchCount => (_users.Length + _batchSize - 1) / _batchSize;

    /// <summary>Starts on an epoch.</summary>
    public void Begin(int epoch)
    {
        Stop();
        _stopping = false;
        _failure = null;
        _remaining = BatchCount;
        _thread = new Thread(() => Produce(epoch)) { IsBackground = true, Name = "Sequor batch loader" };
        _thread.Start();
    }

    /// <summary>The next batch, or null at the end of the epoch. Give it back with <see cref="Return"/>.</summary>
    public SequenceBatch? Next()
    {
        lock (_change)
        {
            if (_remaining == 0) return null;
            while (_ready.Count == 0 && _failure is null) Monitor.Wait(_change);
            if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
            _remaining--;
            return _ready.Dequeue();
        }
    }

    /// <summary>Lets a batch be filled again.</summary>
    public void Return(SequenceBatch batch)
    {
        lock (_change)
        {
            _free.Enqueue(batch);
            Monitor.PulseAll(_change);
        }
    }

    /// <summary>Ends the thread and the batches.</summary>
    public void Dispose()
    {
        Stop();
        foreach (SequenceBatch batch in _all) batch.Dispose();
    }

    private void Stop()
    {
        if (_thread is null) return;
        lock (_change)
        {
            _stopping = true;
            Monitor.PulseAll(_change);
        }
        _thread.Join();
        _thread = null;
        // Also those that a step which failed never gave back.
        _ready.Clear();
        _free.Clear();
        foreach (SequenceBatch batch in _all) _free.Enqueue(batch);
    }

    private void Produce(int epoch)
    {
        try
        {
            int[] order = Shuffled(epoch);
            for (int first = 0; first < order.Length; first += _batchSize)
            {
                SequenceBatch? batch = TakeFree();
                if (batch is null) return;
                Fill(batch, order.AsSpan(first, Math.Min(_batchSize, order.Length - first)), epoch);
                lock (_change)
                {
                    _ready.Enqueue(batch);
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

    private SequenceBatch? TakeFree()
    {
        lock (_change)
        {
            while (_free.Count == 0 && !_stopping) Monitor.Wait(_change);
            return _stopping ? null : _free.Dequeue();
        }
    }

    private int[] Shuffled(int epoch)
    {
        int[] order = [.. _users];
        var random = new CounterRandom(_seed, RandomPurpose.Shuffle, (ulong)epoch);
        for (int i = order.Length - 1; i > 0; i--)
        {
            int j = random.Below(i + 1, (ulong)i);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    private void Fill(SequenceBatch batch, ReadOnlySpan<int> users, int epoch)
    {
        batch.Clear();
        foreach (int user in users)
        {
            LeaveOneOutExample example;
            if (_keepRate >= 1) example = _view.Get(user);
            else if (!TrySample(user, epoch, out example)) continue;
            batch.Add(user, example.History, example.TargetItem, example.TargetTimestamp);
        }
    }

    private bool TrySample(int user, int epoch, out LeaveOneOutExample example)
    {
        int events = _view.EventCount(user);
        if (_keep.Length < events) (_keep, _items, _ratings, _times) = (new bool[events], new int[events], new float[events], new long[events]);
        var random = new CounterRandom(_seed, RandomPurpose.PositionalSampling, (ulong)epoch);
        for (int i = 0; i < events; i++) _keep[i] = random.Uniform(((ulong)user << 32) | (uint)i) < _keepRate;
        return _view.TryGetSampled(user, _keep.AsSpan(0, events), _items, _ratings, _times, out example);
    }
}
