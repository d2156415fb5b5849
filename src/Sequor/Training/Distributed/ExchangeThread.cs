using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Sequor.Training.Distributed;

/// <summary>
/// Does what the ranks exchange, in the order in which it was asked for, while the asking thread computes on. The order is what makes
/// exchanges of different ranks meet, so all of them go through here.
/// </summary>
internal sealed class ExchangeThread : IDisposable
{
    private readonly Thread _thread;
    private readonly Queue<Action> _waiting = new(64);
    private readonly object _change = new();
    private Exception? _failure;
    private int _open;
    private bool _stopping;

    internal ExchangeThread()
    {
        _thread = new Thread(Work) { IsBackground = true, Name = "Sequor exchange" };
        _thread.Start();
    }

    /// <summary>Time spent in exchanges so far.</summary>
    internal TimeSpan Busy { get; private set; }

    /// <summary>Asks for an exchange, to be done behind all that were asked for before.</summary>
    internal void Begin(Action exchange)
    {
        lock (_change)
        {
            _open++;
            _waiting.Enqueue(exchange);
            Monitor.PulseAll(_change);
        }
    }

    /// <summary>Waits until all is done.</summary>
    /// <exception cref="RankFailureException">An exchange has failed.</exception>
    internal void Wait()
    {
        lock (_change)
        {
            while (_open > 0 && _failure is null) Monitor.Wait(_change);
            if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>Does an exchange and waits for it.</summary>
    internal void Run(Action exchange)
    {
        Begin(exchange);
        Wait();
    }

    /// <summary>Ends the thread, behind the exchange that it is at.</summary>
    public void Dispose()
    {
        lock (_change)
        {
            _stopping = true;
            Monitor.PulseAll(_change);
        }
        // One that waits for a lost rank may never come back; a thread in the background ends with the process.
        _thread.Join(TimeSpan.FromSeconds(1));
    }

    private void Work()
    {
        while (true)
        {
            Action exchange;
            lock (_change)
            {
                while (_waiting.Count == 0 && !_stopping) Monitor.Wait(_change);
                if (_stopping) return;
                exchange = _waiting.Dequeue();
            }
            long start = Stopwatch.GetTimestamp();
            try
            {
                if (_failure is null) exchange();
            }
            catch (Exception failure)
            {
                _failure = failure;
            }
            lock (_change)
            {
                Busy += Stopwatch.GetElapsedTime(start);
                _open--;
                Monitor.PulseAll(_change);
            }
        }
    }
}
