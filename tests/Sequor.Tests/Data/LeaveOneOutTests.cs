using FsCheck;
using FsCheck.Fluent;
using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

public sealed class LeaveOneOutTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Protocols_differ_in_what_they_hold_out()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [10]));
        Assert.Equal(1, LeaveOneOut.Train(store, EvaluationProtocol.Reference, 5).IgnoreLastCount);
        Assert.Equal(2, LeaveOneOut.Train(store, EvaluationProtocol.Validation, 5).IgnoreLastCount);
        Assert.Equal(1, LeaveOneOut.Validation(store, 5).IgnoreLastCount);
        Assert.Equal(0, LeaveOneOut.Test(store, 5).IgnoreLastCount);
    }

    [Fact]
    public void Users_without_a_history_are_counted()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [0, 1, 2, 3, 4]));
        Assert.Equal(2, LeaveOneOut.Test(store, 5).SkippedUserCount);
        var train = LeaveOneOut.Train(store, EvaluationProtocol.Reference, 5);
        Assert.Equal(3, train.SkippedUserCount);
        Assert.Equal([false, false, false, true, true], Enumerable.Range(0, 5).Select(train.IsUsable));
        Assert.Equal(0, train.Get(2).History.Length);
        Assert.Throws<ArgumentException>(() => { _ = train.Get(1).TargetItem; });
    }

    [Fact]
    public void Absent_ratings_and_timestamps_stay_absent()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [4], ratings: false, timestamps: false));
        LeaveOneOutExample example = LeaveOneOut.Test(store, 5).Get(0);
        Assert.Null(example.TargetRating);
        Assert.Null(example.TargetTimestamp);
        Assert.True(example.History.Ratings.IsEmpty && example.History.Timestamps.IsEmpty);
    }

    [Fact]
    public void The_target_follows_the_history_and_the_history_is_the_newest_events() =>
        Prop.ForAll(Gen.Choose(0, 12).ToArbitrary(), Gen.Choose(0, 3).ToArbitrary(), Gen.Choose(1, 8).ToArbitrary(), (length, ignore, longest) =>
        {
            string path = folder.File("p");
            using var store = SequenceStore.Open(SmallStore.Write(path, [3, length]));
            var view = new LeaveOneOut(store, ignore, longest);
            int kept = Math.Max(length - ignore, 0);
            Assert.Equal(kept, view.EventCount(1));
            Assert.Equal(kept >= 2, view.IsUsable(1));
            if (kept == 0) return;

            LeaveOneOutExample example = view.Get(1);
            Assert.Equal(Math.Min(kept - 1, longest), example.History.Length);
            Assert.Equal(SmallStore.Item(1, kept - 1, 9), example.TargetItem);
            Assert.Equal(SmallStore.Rating(1, kept - 1), example.TargetRating);
            Assert.Equal(SmallStore.Time(1, kept - 1), example.TargetTimestamp);
            for (int back = 1; back <= example.History.Length; back++)
            {
                Assert.Equal(SmallStore.Item(1, kept - 1 - back, 9), example.History.Items[^back]);
                Assert.Equal(SmallStore.Time(1, kept - 1 - back), example.History.Timestamps[^back]);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Sampling_is_leave_one_out_of_the_kept_events() =>
        Prop.ForAll(ArbMap.Default.ArbFor<bool[]>(), Gen.Choose(0, 2).ToArbitrary(), Gen.Choose(1, 8).ToArbitrary(), (keep, ignore, longest) =>
        {
            using var store = SequenceStore.Open(SmallStore.Write(folder.File("q"), [keep.Length + ignore]));
            var view = new LeaveOneOut(store, ignore, longest);
            int[] kept = [.. Enumerable.Range(0, keep.Length).Where(i => keep[i])];
            bool usable = view.TryGetSampled(0, keep, new int[longest], new float[longest], new long[longest], out LeaveOneOutExample example);
            Assert.Equal(kept.Length >= 2, usable);
            if (!usable) return;

            Assert.Equal(SmallStore.Item(0, kept[^1], 9), example.TargetItem);
            int[] history = kept[Math.Max(0, kept.Length - 1 - longest)..^1];
            Assert.Equal([.. history.Select(i => SmallStore.Item(0, i, 9))], example.History.Items.ToArray());
            Assert.Equal([.. history.Select(i => SmallStore.Rating(0, i))], example.History.Ratings.ToArray());
            Assert.Equal([.. history.Select(i => SmallStore.Time(0, i))], example.History.Timestamps.ToArray());
        }).QuickCheckThrowOnFailure();
}
