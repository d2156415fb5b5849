using System.Runtime.ExceptionServices;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;

namespace Sequor.Training;

/// <summary>
/// Prepares the batches of an epoch on a thread of its own, a few ahead of the step that uses them: users in a random order that is a
/// function of (seed, epoch), batches of B users or of as many as a budget of events allows, the last one smaller. One of several ranks reads
/// every batch too, as what it draws depends on the whole, and gives out its share.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private const int Depth = 3;
    private readonly TrainingConfig _config;
    private readonly HistorySampler _histories;
    private readonly SequenceStore _store;
    private readonly int[] _users, _order;
    private readonly int _rank, _rankCount;
    private readonly Queue<SequenceBatch> _free = new();
    private readonly Queue<(SequenceBatch Batch, int End)> _ready = new();
    private readonly List<SequenceBatch> _all = [];
    private readonly object _change = new();
    private Thread? _thread;
    private Exception? _failure;
    private bool _finished, _stopping;

    /// <summary>Makes a loader of the users of a view, or of share <paramref name="rank"/> of <paramref name="rankCount"/> of each batch of them.</summary>
    public BatchLoader(LeaveOneOut view, TrainingConfig config, int rank = 0, int rankCount = 1)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(config);
        (_config, _histories, _store) = (config, new HistorySampler(view, config), view.Store);
        (_rank, _rankCount) = (rank, rankCount);
        _users = [.. Enumerable.Range(0, view.Store.UserCount).Where(view.IsUsable)];
        _order = new int[_users.Length];
        for (int i = 0; i < Depth; i++)
        {
            var whole = new SequenceBatch();
            SequenceBatch batch = rankCount == 1 ? whole : new SequenceBatch(whole);
            _free.Enqueue(batch);
            _all.Add(batch);
        }
    }

    /// <summary>Users an epoch.</summary>
    public int UserCount => _users.Length;

    /// <summary>Place in the order of this epoch behind the users of the batch that <see cref="Next"/> gave last; what <see cref="Begin"/> goes on from.</summary>
    public int Position { get; private set; }

    /// <summary>Starts on an epoch, or goes on with it behind the users before <paramref name="position"/>: the batches are the same in either case.</summary>
    public void Begin(int epoch, int position = 0)
    {
        Stop();
        Position = position;
        _stopping = false;
        _finished = false;
        _failure = null;
        _thread = new Thread(() => Produce(epoch, position)) { IsBackground = true, Name = "Sequor batch loader" };
        _thread.Start();
    }

    /// <summary>The next batch, or null at the end of the epoch. Give it back with <see cref="Return"/>.</summary>
    public SequenceBatch? Next()
    {
        lock (_change)
        {
            while (_ready.Count == 0 && !_finished) Monitor.Wait(_change);
            if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
            if (!_ready.TryDequeue(out var ready)) return null;
            Position = ready.End;
            return ready.Batch;
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
        foreach (SequenceBatch batch in _all)
        {
            batch.Dispose();
            if (batch.Whole != batch) batch.Whole.Dispose();
        }
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

    private void Produce(int epoch, int position)
    {
        Exception? failure = null;
        try
        {
            Shuffle(epoch);
            for (int next = position; next < _order.Length;)
            {
                SequenceBatch? batch = TakeFree();
                if (batch is null) return;
                next = Fill(batch.Whole, next, epoch);
                if (batch.Whole != batch) batch.TakeShare(_rank, _rankCount);
                lock (_change)
                {
                    if (batch.Whole.UserCount > 0) _ready.Enqueue((batch, next));
                    else _free.Enqueue(batch);
                    Monitor.PulseAll(_change);
                }
            }
        }
        catch (Exception error)
        {
            failure = error;
        }
        lock (_change)
        {
            (_failure, _finished) = (failure, true);
            Monitor.PulseAll(_change);
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

    private void Shuffle(int epoch)
    {
        _users.CopyTo(_order, 0);
        var random = new CounterRandom(_config.Seed, RandomPurpose.Shuffle, (ulong)epoch);
        for (int i = _order.Length - 1; i > 0; i--)
        {
            int j = random.Below(i + 1, (ulong)i);
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }
    }

    // Returns the first user that found no place. One whose history was sampled away takes none, and is passed over.
    private int Fill(SequenceBatch batch, int next, int epoch)
    {
        batch.Clear();
        for (; next < _order.Length && batch.UserCount < _config.BatchSize; next++)
        {
            if (!_histories.TryGet(_order[next], epoch, out LeaveOneOutExample example)) continue;
            bool full = _config.BatchTokens > 0 && batch.TokenCount + example.History.Length > _config.BatchTokens;
            if (full && batch.UserCount > 0) break;
            batch.Add(_order[next], example.History, example.TargetItem, example.TargetTimestamp, example.TargetRating);
            batch.Identify(_store.UserKey(_order[next]));
        }
        return next;
    }
}
