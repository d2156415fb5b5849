using System.Globalization;
using Sequor.Data;
using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation.Generating;

/// <summary>Appends the events of a user 0..U-1. A generator is used by one thread at a time and may keep room to work in.</summary>
internal delegate void UserGenerator(long user, SequenceBuffer sequence);

/// <summary>
/// Makes users on several threads and writes them in order, in memory that does not grow with their number. A user's events depend on
/// the user's number alone, so neither the threads nor the cut into chunks can be seen in the result. Ids are 1, 2, …; users without
/// events are left out and leave their number unused.
/// </summary>
internal sealed class UserGeneration
{
    private const int EventsPerChunk = 1 << 16;

    /// <summary>Number of users U, those without events included.</summary>
    public required long UserCount { get; init; }

    /// <summary>Expected number of events of all users, for chunks of even size and for the bar.</summary>
    public required double ExpectedEvents { get; init; }

    /// <summary>Makes a generator for one thread.</summary>
    public required Func<UserGenerator> NewGenerator { get; init; }

    /// <summary>Users left out because they have no events.</summary>
    public long EmptyUserCount { get; private set; }

    /// <summary>Makes and writes all users; returns the number of events.</summary>
    public long Write(SequenceStoreWriter writer, int threadCount, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        long chunkUsers = Math.Clamp((long)(EventsPerChunk * (UserCount / Math.Max(ExpectedEvents, 1))), 1, EventsPerChunk);
        var running = new Queue<(Task Task, Worker Worker)>();
        var idle = new Stack<Worker>();
        long events = 0;
        try
        {
            for (long next = 0; next < UserCount || running.Count > 0;)
            {
                // One thread generates while this one writes; with one thread in all they take turns.
                while (next < UserCount && running.Count < threadCount)
                {
                    Worker worker = idle.Count > 0 ? idle.Pop() : new Worker(NewGenerator());
                    long first = next, end = next = Math.Min(next + chunkUsers, UserCount);
                    running.Enqueue((threadCount == 1 ? Now(worker, first, end) : Task.Run(() => worker.Fill(first, end, cancellationToken), cancellationToken), worker));
                }

                (Task task, Worker done) = running.Dequeue();
                task.GetAwaiter().GetResult();
                cancellationToken.ThrowIfCancellationRequested();
                events += Write(writer, done.Chunk);
                progress?.Report(new PreparationProgress("generating events", events, (long)Math.Max(ExpectedEvents, events)));
                idle.Push(done);
            }
        }
        finally
        {
            // Nobody may go on reading a source that the caller is about to close.
            foreach ((Task task, _) in running) ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }

        return events;

        Task Now(Worker worker, long first, long end)
        {
            worker.Fill(first, end, cancellationToken);
            return Task.CompletedTask;
        }
    }

    private int Write(SequenceStoreWriter writer, UserChunk chunk)
    {
        SequenceBuffer events = chunk.Events;
        for (int user = 0; user < chunk.UserCount; user++)
        {
            Range range = chunk[user];
            if (range.Start.Equals(range.End))
            {
                EmptyUserCount++;
                continue;
            }

            string id = (chunk.FirstUser + user + 1).ToString(CultureInfo.InvariantCulture);
            writer.Add(id, events.Items[range], events.Ratings[range], events.HasTimestamps ? events.Timestamps[range] : []);
        }

        return events.Items.Length;
    }

    private sealed class Worker(UserGenerator generator)
    {
        public UserChunk Chunk { get; } = new();

        public void Fill(long first, long end, CancellationToken cancellationToken)
        {
            Chunk.Begin(first);
            for (long user = first; user < end; user++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                generator(user, Chunk.Events);
                Chunk.EndUser();
            }
        }
    }
}
