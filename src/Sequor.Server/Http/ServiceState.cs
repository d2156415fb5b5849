namespace Sequor.Server.Http;

/// <summary>Whether the service answers, and how many requests are under way.</summary>
internal sealed class ServiceState(ServerOptions options)
{
    private const int Loading = 0, Ready = 1, Draining = 2;

    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int _phase;
    private int _underWay;
    private long _refused;

    /// <summary>Whether requests are answered.</summary>
    internal bool IsReady => _phase == Ready;

    /// <summary><c>loading</c>, <c>ready</c> or <c>draining</c>.</summary>
    internal string Phase => _phase switch { Loading => "loading", Ready => "ready", _ => "draining" };

    /// <summary>Requests that are being answered.</summary>
    internal int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Requests that were told to come back.</summary>
    internal long Refused => Volatile.Read(ref _refused);

    /// <summary>From now on requests are answered.</summary>
    internal void Open() => Interlocked.CompareExchange(ref _phase, Ready, Loading);

    /// <summary>From now on none begins; returns when the last one has been answered, or the time is over.</summary>
    internal async Task DrainAsync(TimeSpan timeout)
    {
        _phase = Draining;
        if (UnderWay == 0) return;
        try
        {
            await _drained.Task.WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            // The host ends what is left.
        }
    }

    /// <summary>Begins a request, if there is room; <see cref="Leave"/> ends it.</summary>
    internal bool TryEnter()
    {
        // Counted first, so that draining either sees the request or the request sees the draining.
        if (Interlocked.Increment(ref _underWay) <= options.MostRequests && _phase == Ready) return true;
        Interlocked.Increment(ref _refused);
        Leave();
        return false;
    }

    /// <summary>Ends a request.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _underWay) == 0 && _phase == Draining) _drained.TrySetResult();
    }
}
