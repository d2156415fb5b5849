using System.Collections.Concurrent;
using Sequor.Serving;
using Xunit;

namespace Sequor.Tests.Serving;

public sealed class RequestBatcherTests
{
    private static readonly RecommendationAnswer s_answer = new([], default);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_while_a_batch_is_under_way_is_answered_together_and_what_was_called_off_not_at_all()
    {
        var sizes = new ConcurrentQueue<int>();
        var answered = new ConcurrentBag<Question>();
        using var inBatch = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var batcher = new RequestBatcher(concurrentBatches: 1, largestBatch: 8, questions =>
        {
            sizes.Enqueue(questions.Count);
            inBatch.Set();
            if (sizes.Count == 1) go.Wait(Token);
            foreach (Question question in questions)
            {
                answered.Add(question);
                question.Set(s_answer);
            }
        });
        Task first = Task.Factory.StartNew(() => batcher.Ask(Ask()), Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        inBatch.Wait(Token);
        using var calledOff = new CancellationTokenSource();
        Task<RecommendationAnswer>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => batcher.Ask(Ask()))];
        Question abandoned = Ask(calledOff.Token);
        Task<RecommendationAnswer> lost = batcher.Ask(abandoned);
        Assert.Equal(11, batcher.Waiting);
        await calledOff.CancelAsync();
        go.Set();
        await Task.WhenAll([first, .. waiting]);
        await Assert.ThrowsAsync<TaskCanceledException>(() => lost);
        Assert.DoesNotContain(abandoned, answered);
        Assert.Equal([1, 8, 2], sizes);
        Assert.Equal(0, batcher.Waiting);
    }

    [Fact]
    public async Task No_more_batches_run_at_a_time_than_are_allowed_and_every_question_is_answered_once()
    {
        int under = 0, most = 0, answered = 0;
        var batcher = new RequestBatcher(concurrentBatches: 2, largestBatch: 3, questions =>
        {
            int now = Interlocked.Increment(ref under);
            for (int seen = Volatile.Read(ref most); now > seen && Interlocked.CompareExchange(ref most, now, seen) != seen; seen = Volatile.Read(ref most))
            {
            }

            Thread.Yield();
            Interlocked.Add(ref answered, questions.Count);
            Assert.InRange(questions.Count, 1, 3);
            Interlocked.Decrement(ref under);
            foreach (Question question in questions) question.Set(s_answer);
        });
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => batcher.Ask(Ask()), Token)));
        Assert.Equal(500, answered);
        Assert.InRange(most, 1, 2);
    }

    private static Question Ask(CancellationToken cancellation = default) =>
        new(new UserEvents((int[])[1]), null, new RecommendationQuery(), null!, 10, cancellation);
}
