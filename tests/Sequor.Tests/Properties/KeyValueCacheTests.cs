using Sequor.Autograd;
using Sequor.Data;
using Sequor.Kernels;
using Sequor.Modeling;
using Sequor.Tests.Parity;
using Sequor.Tests.Retrieval;
using Xunit;

namespace Sequor.Tests.Properties;

/// <summary>States that go on from settled events against those of encoding the whole window anew: the same bits.</summary>
public class KeyValueCacheTests
{
    private const int Longest = 140;

    public static TheoryData<string, InputPreprocessorKind> Models => TinyModels.EncodersAndInputs;

    // Appends cross the strips of 16, 32 and 64 rows and the squares of the time buckets; the last one fills the window.
    [Theory]
    [MemberData(nameof(Models))]
    public void States_are_those_of_encoding_anew_at_every_append_of_every_user(string name, InputPreprocessorKind input)
    {
        using RecommenderModel model = TinyModels.Build(TinyModels.Config(name, input, Longest));
        int window = model.Config.Window;
        foreach (bool withTimes in (bool[])[true, false])
        {
            var random = new Random(withTimes ? 1 : 2);
            using var users = new Users(model, withTimes, window, window, 90, 40, 3);
            int[] lengths = [1, random.Next(60, 80), 17, 5, 1];
            for (bool grew = true; grew;)
            {
                users.Compare(lengths, [.. lengths.Select(_ => random.NextInt64(0, 1 << 20))]);
                grew = false;
                for (int b = 0; b < lengths.Length; b++)
                {
                    int longer = Math.Min(lengths[b] + random.Next(1, 6), users.Longest(b));
                    grew |= longer > lengths[b];
                    lengths[b] = longer;
                }
            }
        }
    }

    [Theory]
    [InlineData("hstu")]
    [InlineData("sasrec")]
    [InlineData("fuxi_alpha")]
    public void Every_prefix_grows_by_one_event_and_a_question_may_be_asked_again_at_another_time(string name)
    {
        using RecommenderModel model = TinyModels.Build(name, longest: Longest);
        using var users = new Users(model, withTimes: true, Longest);
        for (int length = 1; length <= Longest; length++)
        {
            users.Compare([length], [0]);
            users.Compare([length], [length * 1000L]);
            Assert.Equal(length - 1, users.Caches[0]!.EventCount);
        }
        users.Caches[0]!.Clear();
        Assert.Equal(0, users.Caches[0]!.EventCount);
        users.Compare([30], [5]);
        users.Compare([32], [7]);
    }

    [Fact]
    public void Users_without_a_cache_share_a_batch_with_users_who_have_one()
    {
        using RecommenderModel model = TinyModels.Build("hstu", longest: Longest);
        using var users = new Users(model, withTimes: true, 20, 100, 70, 5);
        users.Caches[1] = users.Caches[3] = null;
        foreach (int[] lengths in (int[][])[[3, 90, 60, 2], [5, 91, 70, 5], [20, 2, 70, 1]]) users.Compare(lengths, [1, 2, 3, 4]);
    }

    [Theory]
    [InlineData("hstu")]
    [InlineData("hstu_combined")]
    [InlineData("fuxi_alpha")]
    public void The_number_of_threads_never_changes_a_bit(string name)
    {
        using RecommenderModel model = TinyModels.Build(name, longest: 600);
        float[][] answers = [.. Enumerable.Range(0, 3).Select(doublings =>
        {
            using var workers = new WorkerPool(1 << doublings);
            using var users = new Users(model, withTimes: true, workers, 600, 300, 4);
            return (float[])[.. users.Encode([500, 299, 2], [0, 0, 0]), .. users.Encode([600, 300, 4], [9, 8, 7])];
        })];
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);
    }

    [Fact]
    public void What_a_cache_cannot_go_on_from_is_refused()
    {
        using RecommenderModel model = TinyModels.Build("hstu"), other = TinyModels.Build("hstu");
        using var users = new Users(model, withTimes: true, 20, 20);
        users.Encode([10, 10], [0, 0]);
        Assert.Contains("does not go on from the 9", Assert.Throws<ArgumentException>(() => users.Encode([9, 10], [0, 0])).Message, StringComparison.Ordinal);
        using var withoutTimes = new Users(model, withTimes: false, 20, 20);
        withoutTimes.Caches[0] = users.Caches[0];
        withoutTimes.Caches[1] = null;
        Assert.Contains("filled with times", Assert.Throws<ArgumentException>(() => withoutTimes.Encode([12, 2], [0, 0])).Message, StringComparison.Ordinal);
        using var elsewhere = new KeyValueCache(other);
        KeyValueCache?[] caches = [.. users.Caches];
        users.Caches[0] = elsewhere;
        Assert.Throws<ArgumentException>(() => users.Encode([12, 12], [0, 0]));
        users.Caches[0] = caches[1];
        Assert.Throws<InvalidOperationException>(() => users.Encode([12, 12], [0, 0]));
        // Whoever was refused may go on.
        caches.CopyTo(users.Caches);
        users.Compare([12, 11], [3, 4]);

        using RecommenderModel unmasked = TinyModels.Build("hstu_unmasked");
        Assert.False(unmasked.CanCache);
        Assert.Throws<InvalidOperationException>(() => new KeyValueCache(unmasked));
    }

    [Fact]
    public void Memory_follows_the_history_and_appending_allocates_nothing()
    {
        using RecommenderModel model = TinyModels.Build("hstu", longest: Longest);
        using var users = new Users(model, withTimes: true, Longest);
        List<long> bytes = [];
        int[] sizes = [1, 16, 17, 33, 64, 65, 129];
        foreach (int length in sizes)
        {
            users.Encode([length], [0]);
            bytes.Add(users.Caches[0]!.MemoryBytes);
        }
        long sixteen = bytes[0];
        Assert.True(sixteen > 0);
        Assert.Equal([1, 1, 2, 4, 4, 8, 12], bytes.Select(size => size / sixteen));
        int[] lengths = [130];
        long[] waits = [1];
        for (int warm = 0; warm < 5; warm++) users.Step(lengths, waits);
        Assert.Equal(0, Allocations.Least(() =>
        {
            users.Step(lengths, waits);
            lengths[0]++;
        }));
    }

    /// <summary>Users with a history each, the caches they keep, and the same questions with and without these.</summary>
    private sealed class Users : IDisposable
    {
        private readonly RecommenderModel _model;
        private readonly bool _withTimes;
        private readonly History[] _histories;
        private readonly Tape _tape;
        private readonly SequenceBatch _batch = new();

        internal Users(RecommenderModel model, bool withTimes, params int[] longest)
            : this(model, withTimes, WorkerPool.Shared, longest)
        {
        }

        internal Users(RecommenderModel model, bool withTimes, WorkerPool workers, params int[] longest)
        {
            (_model, _withTimes, _histories, _tape) = (model, withTimes, TinyModels.Histories(7, longest), new Tape(workers, differentiate: false));
            Caches = [.. longest.Select(_ => new KeyValueCache(model))];
        }

        internal KeyValueCache?[] Caches { get; }

        internal int Longest(int user) => _histories[user].Items.Length - 1;

        internal Matrix Step(int[] lengths, long[] waits)
        {
            Fill(lengths, waits);
            return LastStates.Encode(_model, _tape, _batch, Caches);
        }

        internal float[] Encode(int[] lengths, long[] waits) => GoldenModel.Values(Step(lengths, waits));

        internal void Compare(int[] lengths, long[] waits)
        {
            float[] cached = Encode(lengths, waits), anew = GoldenModel.Values(LastStates.Encode(_model, _tape, _batch));
            int width = cached.Length / lengths.Length;
            for (int b = 0; b < lengths.Length; b++)
                Assert.Equal(anew.AsSpan(b * width, width), cached.AsSpan(b * width, width));
        }

        public void Dispose()
        {
            foreach (KeyValueCache? cache in Caches) cache?.Dispose();
            _tape.Dispose();
            _batch.Dispose();
        }

        // The question comes some time after the newest event.
        private void Fill(int[] lengths, long[] waits)
        {
            _batch.Clear();
            for (int b = 0; b < lengths.Length; b++)
            {
                var (items, times, ratings) = _histories[b];
                int n = lengths[b];
                _batch.Add(b, new UserSequence(items.AsSpan(..n), ratings.AsSpan(..n), _withTimes ? times.AsSpan(..n) : []), 0, _withTimes ? times[n - 1] + waits[b] : null);
            }
        }
    }
}
