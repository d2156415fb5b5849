using FsCheck;
using FsCheck.Fluent;
using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

public sealed class StoreStatisticsTests : IDisposable
{
    private const int ItemCount = 12;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Numbers_of_a_store_that_can_be_counted_by_hand()
    {
        // Counts 3, 1, 2 over three of four items; two ties among four neighbours; item 1 twice for user b.
        using var store = Write(4, [[(1, 5, 10), (2, 3, 10)], [(1, 5, 20), (1, 4, 20), (3, 5, 30), (3, 5, 40)], []]);
        var found = Count(store);
        Assert.Equal((3, 4, 6L), (found.UserCount, found.ListedItemCount, found.EventCount));
        Assert.Equal((0, 2, 4, 2.0), (found.Lengths.Smallest, found.Lengths.Percentile(50), found.Lengths.Largest, found.Lengths.Mean));
        Assert.Equal((10L, 40L, 2L, 4L), (found.Times!.First, found.Times.Last, found.Times.TieCount, found.Times.NeighbourCount));
        Assert.Equal([(3f, 1L), (4f, 1L), (5f, 4L)], found.Ratings!.Counts!);
        Assert.Equal((3f, 4.5, 5f), (found.Ratings.Smallest, found.Ratings.Mean, found.Ratings.Largest));
        Assert.Equal(2.0 / 6, found.RepeatShare, 12);
        Assert.Equal(4.0 / 9, found.Density, 12);
        Assert.Equal((3, 1), (found.Popularity.ItemCount, found.Popularity.SingleCount));
        Assert.Equal(2.0 / 9, found.Popularity.Gini, 12);
        Assert.Equal(0.5, found.Popularity.TopTenthShare, 12);
        Assert.Equal([1, 3], found.Popularity.MostPopular(2));
    }

    [Fact]
    public void Every_number_is_what_a_plain_count_gives() => Prop.ForAll(Stores, events =>
    {
        using var store = Write(ItemCount, events);
        var found = Count(store);
        NaiveStatistics expected = new(events, ItemCount);
        Assert.Equal(expected.Lengths, (int[])[.. found.Lengths.Histogram.SelectMany(entry => Enumerable.Repeat(entry.Length, entry.Users))]);
        foreach (int percent in (int[])[0, 5, 25, 50, 75, 95, 100]) Assert.Equal(expected.Percentile(percent), found.Lengths.Percentile(percent));
        Assert.Equal(expected.RepeatCount, found.RepeatCount);
        Assert.Equal(expected.Density, found.Density, 12);
        Assert.Equal(expected.Counts, found.Popularity.Counts.ToArray());
        Assert.Equal(expected.Gini, found.Popularity.Gini, 10);
        Assert.Equal(expected.TopShare(100), found.Popularity.TopHundredthShare, 12);
        Assert.Equal(expected.TopShare(10), found.Popularity.TopTenthShare, 12);
        Assert.Equal(expected.Counts.Count(count => count == 1), found.Popularity.SingleCount);
        Assert.Equal(expected.MostPopular(5), found.Popularity.MostPopular(5));
        Assert.Equal(expected.Ties, found.Times is null ? default : (found.Times.TieCount, found.Times.NeighbourCount));
        Assert.Equal(expected.Times, found.Times is null ? null : (found.Times.First, found.Times.Last));
        Assert.Equal(expected.RatingCounts, found.Ratings?.Counts);
        Assert.Equal(expected.RatingMean, found.Ratings?.Mean ?? 0, 5);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Shares_keep_their_bounds_and_the_skew_does_not_depend_on_scale() => Prop.ForAll(Stores, events =>
    {
        using var once = Write(ItemCount, events);
        // Every user twice: all counts double.
        using var twice = Write(ItemCount, [.. events, .. events]);
        StoreStatistics one = Count(once), two = Count(twice);
        Assert.InRange(one.Popularity.Gini, 0, 1);
        Assert.InRange(one.Density, 0, 1);
        Assert.InRange(one.Popularity.TopHundredthShare, 0, one.Popularity.TopTenthShare);
        Assert.Equal(one.Popularity.Gini, two.Popularity.Gini, 10);
        Assert.Equal(one.RepeatShare, two.RepeatShare, 10);
        Assert.Equal(one.Density, two.Density, 10);
        Assert.Equal(one.Lengths.Percentile(75), two.Lengths.Percentile(75));
        Assert.Equal(one.EventCount, one.Popularity.Counts.ToArray().Sum());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void More_than_twenty_ratings_are_told_by_their_range_alone()
    {
        using var store = Write(1, [[.. Enumerable.Range(0, 21).Select(i => (1, i, 7))]]);
        RatingStatistics found = Count(store).Ratings!;
        Assert.Null(found.Counts);
        Assert.Equal((0f, 10.0, 20f), (found.Smallest, found.Mean, found.Largest));
        using var fewer = Write(1, [[.. Enumerable.Range(0, 20).Select(i => (1, i, 7))]]);
        Assert.Equal(20, Count(fewer).Ratings!.Counts!.Count);
    }

    [Fact]
    public void Stores_without_times_ratings_or_events_have_no_numbers_of_them()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [3], ratings: false, timestamps: false));
        var found = Count(store);
        Assert.True(found.Times is null && found.Ratings is null);
        using var none = Write(3, [[], []]);
        var empty = Count(none);
        Assert.True(empty.Times is null && empty.Ratings is null);
        Assert.Equal((0.0, 0.0, 0.0, 0), (empty.Density, empty.RepeatShare, empty.Popularity.Gini, empty.Lengths.Percentile(50)));
        Assert.Empty(empty.Popularity.MostPopular(3));
    }

    private static Arbitrary<(int Item, int Rating, int Time)[][]> Stores { get; } =
        (from item in Gen.Choose(1, ItemCount) from rating in Gen.Choose(1, 25) from time in Gen.Choose(0, 6) select (item, rating, time))
        .ArrayOf().Select(sequence => sequence.OrderBy(e => e.time).ToArray()).ArrayOf().ToArbitrary();

    private static StoreStatistics Count(SequenceStore store) => StoreStatistics.Of(store, null, TestContext.Current.CancellationToken);

    private SequenceStore Write(int itemCount, (int Item, int Rating, int Time)[][] users)
    {
        string path = folder.File(Guid.NewGuid().ToString("N"));
        using (var writer = new SequenceStoreWriter(path, SmallStore.Metadata, SmallStore.Items(itemCount), true, true))
        {
            for (int user = 0; user < users.Length; user++)
            {
                writer.Add($"u{user}", [.. users[user].Select(e => e.Item)], [.. users[user].Select(e => (float)e.Rating)], [.. users[user].Select(e => (long)e.Time)]);
            }

            writer.Complete();
        }

        return SequenceStore.Open(path);
    }
}
