namespace Sequor.Cli.Load;

/// <summary>What one run found; times in seconds.</summary>
internal sealed class LoadMeasurement
{
    /// <summary>A send that begins so much after its time is late.</summary>
    public const double LateSeconds = 1e-3;

    private readonly Lock last = new();
    private long sent, answered, waited, overslept, retried;

    /// <summary>Requests a second that were wanted; null where clients wait for answers.</summary>
    public required double? Rate { get; init; }

    /// <summary>Connections, each with a request under way at most.</summary>
    public required int Connections { get; init; }

    /// <summary>Seconds that count, as planned.</summary>
    public required double Duration { get; init; }

    /// <summary>Requests that count.</summary>
    public long Sent => sent;

    /// <summary>Those answered with success.</summary>
    public long Answered => answered;

    /// <summary>Late sends because no connection was free: the service, or this machine, is behind.</summary>
    public long Waited => waited;

    /// <summary>Late sends although a connection was free: the system woke the generator late.</summary>
    public long Overslept => overslept;

    /// <summary>Those that were sent more than once.</summary>
    public long Retried => retried;

    /// <summary>When the first of those was sent, and when the last sending failed, in seconds after the first request that counts.</summary>
    public (double From, double Until) Trouble { get; private set; } = (double.PositiveInfinity, 0);

    /// <summary>Those not answered with success.</summary>
    public Failures Failures { get; } = new();

    /// <summary>From the scheduled time to the last byte, of the answered ones.</summary>
    public Latencies Latency { get; } = new();

    /// <summary>How long after its time a request was sent, where a connection was free.</summary>
    public Latencies Wakeup { get; } = new();

    /// <summary>Waiting for a batch, as the answers say.</summary>
    public Latencies Queued { get; } = new();

    /// <summary>History to query, as the answers say.</summary>
    public Latencies Encode { get; } = new();

    /// <summary>Query to items, as the answers say.</summary>
    public Latencies Search { get; } = new();

    /// <summary>Seconds from the first that counts to the last answer.</summary>
    public double Elapsed { get; set; }

    /// <summary>Seconds of a core that this process used meanwhile.</summary>
    public double OwnCpu { get; set; }

    /// <summary>Successful answers a second.</summary>
    public double Throughput => answered / Math.Max(Elapsed, Duration);

    /// <summary>Seconds from the first that counts to the last send.</summary>
    public double LastSend { get; private set; }

    /// <summary>Whether the last request was sent by the end of the planned time, but for 2 %, or a second.</summary>
    public bool KeptRate => Rate is null || LastSend <= Duration + Math.Max(1, 0.02 * Duration);

    /// <summary>Whether at most 1 % of the sends were late through the generator, so that p99 is the service's.</summary>
    public bool KeptTime => Rate is null || overslept <= 0.01 * sent;

    /// <summary>Whether p99 is within the bound, everything was answered, and at the wanted rate.</summary>
    public bool Keeps(double bound) => Failures.Count == 0 && KeptRate && answered > 0 && Latency.Percentile(99) <= bound;

    /// <summary>Counts a sending that failed and is repeated; times as in <see cref="Add"/>.</summary>
    public void AddRetry(double due, double begun, double failed, bool isFirst)
    {
        if (due < 0) return;
        if (isFirst) Interlocked.Increment(ref retried);
        lock (last) Trouble = (Math.Min(Trouble.From, begun), Math.Max(Trouble.Until, failed));
    }

    /// <summary>Counts a request.</summary>
    /// <param name="due">Its time, in seconds after the first that counts, as all times here.</param>
    /// <param name="wasFree">Whether its connection waited for the time, not the time for a connection.</param>
    /// <param name="begun">When it was sent.</param>
    /// <param name="ended">When its answer had come.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="body">Its body.</param>
    public void Add(double due, bool wasFree, double begun, double ended, LoadClient.Answer answer, ReadOnlySpan<byte> body)
    {
        Interlocked.Increment(ref sent);
        if (begun - due > LateSeconds) Interlocked.Increment(ref wasFree ? ref overslept : ref waited);
        if (wasFree) Wakeup.Add(begun - due);
        lock (last) LastSend = Math.Max(LastSend, begun);
        if (answer.Status is < 200 or > 299)
        {
            string reason = answer.Failure ?? Problem.Reason(body);
            Failures.Add(answer.What, reason);
            return;
        }

        Interlocked.Increment(ref answered);
        Latency.Add(ended - due);
        if (!ServerTiming.TryRead(body, out ServerTiming timing)) return;
        Queued.Add(timing.Queued);
        Encode.Add(timing.Encode);
        Search.Add(timing.Search);
    }
}
