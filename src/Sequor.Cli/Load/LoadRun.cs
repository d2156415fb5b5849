using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Sequor.Cli.Load;

/// <summary>
/// Sends the requests of a schedule, each at its time and over the next free connection. A latency begins at the scheduled time, whether or
/// not the request could be sent then: a service that stalls is charged with all who would have come meanwhile, not with one
/// (coordinated omission, as Gil Tene calls what closed loops leave out).
/// </summary>
internal sealed class LoadRun
{
    private const int RetryPause = 50;

    private readonly LoadClient client;
    private readonly RequestBodies bodies;
    private readonly EventLedger? ledger;
    private readonly double retry;
    private readonly Arrival[] arrivals;
    private readonly double warmup, end;
    private readonly bool isOpen;
    private readonly CancellationToken cancellation;
    private readonly LoadMeasurement measurement;
    private ExceptionDispatchInfo? defect;
    private long start;
    private int next;

    private LoadRun(LoadClient client, RequestBodies bodies, EventLedger? ledger, Arrival[] arrivals, LoadSettings settings, double? rate, int connections, CancellationToken cancellation)
    {
        this.client = client;
        this.bodies = bodies;
        this.ledger = ledger;
        retry = settings.Retry.TotalSeconds;
        this.arrivals = arrivals;
        this.cancellation = cancellation;
        (warmup, end, isOpen) = (settings.Warmup, settings.Warmup + settings.Duration, rate is not null);
        measurement = new LoadMeasurement { Rate = rate, Connections = connections, Duration = settings.Duration };
    }

    /// <summary>An open loop: requests come at their times. Unless told, there are connections for half a second of them, 16 to 256.</summary>
    public static LoadMeasurement Open(
        LoadClient client, RequestBodies bodies, EventLedger? ledger, Arrival[] arrivals, LoadSettings settings, double rate, Action<double> progress, CancellationToken cancellation)
    {
        int connections = settings.Connections ?? (int)Math.Clamp(Math.Ceiling(rate / 2), 16, 256);
        return new LoadRun(client, bodies, ledger, arrivals, settings, rate, connections, cancellation).Run(progress);
    }

    /// <summary>A closed loop: so many clients, of which each asks again when it has its answer. The requests begin anew when all were sent.</summary>
    public static LoadMeasurement Closed(
        LoadClient client, RequestBodies bodies, EventLedger? ledger, Arrival[] arrivals, LoadSettings settings, int clients, Action<double> progress, CancellationToken cancellation) =>
        new LoadRun(client, bodies, ledger, arrivals, settings, null, clients, cancellation).Run(progress);

    private double Now => Stopwatch.GetElapsedTime(start).TotalSeconds;

    private LoadMeasurement Run(Action<double> progress)
    {
        var threads = new Thread[measurement.Connections];
        for (int i = 0; i < threads.Length; i++) threads[i] = new Thread(Work, maxStackSize: 1 << 18) { IsBackground = true };
        start = Stopwatch.GetTimestamp();
        foreach (Thread thread in threads) thread.Start();
        TimeSpan? before = warmup > 0 ? null : Environment.CpuUsage.TotalTime;
        foreach (Thread thread in threads)
            do
            {
                if (before is null && Now >= warmup) before = Environment.CpuUsage.TotalTime;
                progress(Math.Min(Now, end));
            }
            while (!thread.Join(100));

        measurement.Elapsed = Now - warmup;
        measurement.OwnCpu = (Environment.CpuUsage.TotalTime - (before ?? default)).TotalSeconds;
        defect?.Throw();
        cancellation.ThrowIfCancellationRequested();
        return measurement;
    }

    private void Work()
    {
        byte[] buffer = new byte[1 << 14];
        try
        {
            Clock.MakePrecise();
            for (int i; Take(out i);) Send(arrivals[i % arrivals.Length], i, ref buffer);
        }
        catch (OperationCanceledException)
        {
            // The thread that waits for this one says so.
        }
        catch (Exception error)
        {
            defect ??= ExceptionDispatchInfo.Capture(error);
        }
    }

    private bool Take(out int i)
    {
        i = Interlocked.Increment(ref next) - 1;
        return !cancellation.IsCancellationRequested && defect is null && (isOpen ? i < arrivals.Length : Now < end);
    }

    private void Send(Arrival arrival, int number, ref byte[] buffer)
    {
        bool wasFree = !isOpen || Now < arrival.Due;
        byte[] body = bodies.Of(arrival, number);
        using HttpRequestMessage request = client.Post(arrival.Kind, body, number);
        if (isOpen) Clock.WaitUntil(start, arrival.Due, cancellation);
        double begun = Now, due = isOpen ? arrival.Due : begun;
        LoadClient.Answer answer = client.Send(request, ref buffer);
        // An event has a name, so that it may be sent again, whatever became of it.
        for (int turn = number + 1; answer.Status is 0 or 503 && Now - begun < retry; turn++)
        {
            measurement.AddRetry(due - warmup, begun - warmup, Now - warmup, turn == number + 1);
            Thread.Sleep(RetryPause);
            using HttpRequestMessage again = client.Post(arrival.Kind, body, turn);
            answer = client.Send(again, ref buffer);
        }

        double ended = Now;
        if (arrival.Kind == LoadKind.Events && answer.Status == 200) ledger?.Add(arrival.User, bodies.EventId(number));
        if (due >= warmup) measurement.Add(due - warmup, wasFree, begun - warmup, ended - warmup, answer, buffer.AsSpan(0, answer.Length));
    }
}
