using Sequor.Kernels;
using Xunit;

namespace Sequor.Tests.Kernels;

public class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_index_runs_exactly_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (int count = 0; count < 70; count++)
            for (int repeat = 0; repeat < 5; repeat++)
            {
                int[] calls = new int[count];
                pool.Run(count, i => Interlocked.Increment(ref calls[i]));
                Assert.All(calls, times => Assert.Equal(1, times));
            }
    }

    [Fact]
    public void A_run_within_a_piece_runs_on_its_caller()
    {
        using var pool = new WorkerPool(3);
        int[] calls = new int[20 * 30];
        pool.Run(20, outer =>
        {
            int thread = Environment.CurrentManagedThreadId;
            pool.Run(30, inner =>
            {
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
                Interlocked.Increment(ref calls[outer * 30 + inner]);
            });
        });
        Assert.All(calls, times => Assert.Equal(1, times));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_failure_surfaces_and_leaves_the_pool_usable(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (int repeat = 0; repeat < 50; repeat++)
        {
            Exception failure = Assert.ThrowsAny<Exception>(() => pool.Run(16, i =>
            {
                if (i == 7) throw new InvalidOperationException("piece 7");
            }));
            Assert.Equal("piece 7", (failure as AggregateException)?.InnerException?.Message ?? failure.Message);
            int done = 0;
            pool.Run(16, _ => Interlocked.Increment(ref done));
            Assert.Equal(16, done);
        }
    }

    [Fact]
    public void Callers_at_the_same_time_each_get_their_own_work_done()
    {
        using var pool = new WorkerPool(3);
        int wrong = 0;
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(Call))];
        foreach (Thread caller in callers) caller.Start();
        foreach (Thread caller in callers) caller.Join();
        Assert.Equal(0, wrong);

        void Call()
        {
            for (int repeat = 0; repeat < 150; repeat++)
            {
                int[] calls = new int[33];
                pool.Run(calls.Length, i => Interlocked.Increment(ref calls[i]));
                if (calls.Any(times => times != 1)) Interlocked.Increment(ref wrong);
            }
        }
    }

    [Fact]
    public void A_pool_that_slept_wakes_up()
    {
        using var pool = new WorkerPool(2);
        for (int repeat = 0; repeat < 5; repeat++)
        {
            Thread.Sleep(20);
            int done = 0;
            pool.Run(8, _ => Interlocked.Increment(ref done));
            Assert.Equal(8, done);
        }
    }
}
