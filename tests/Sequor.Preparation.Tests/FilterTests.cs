using FsCheck;
using FsCheck.Fluent;
using Sequor.Data;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>Each filter against LINQ over the same rows.</summary>
public sealed class FilterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private sealed record Row(int User, int Item, int Rating, int Time);

    [Fact]
    public void Counts_are_taken_once_and_users_left_with_too_little_go() => Check(new InteractionFilter { MinimumCount = 3 }, rows =>
    {
        var users = rows.CountBy(row => row.User).ToDictionary();
        var items = rows.CountBy(row => row.Item).ToDictionary();
        Row[] left = [.. rows.Where(row => users[row.User] >= 3 && items[row.Item] >= 3)];
        return ([.. left.GroupBy(row => row.User).Where(group => group.Count() >= 3).SelectMany(group => group)], left.Select(row => row.Item));
    });

    [Fact]
    public void A_core_is_counted_until_nothing_falls_away() => Check(new InteractionFilter { KCore = 3 }, rows =>
    {
        for (Row[] left = rows; ; rows = left)
        {
            var users = rows.CountBy(row => row.User).ToDictionary();
            var items = rows.CountBy(row => row.Item).ToDictionary();
            left = [.. rows.Where(row => users[row.User] >= 3 && items[row.Item] >= 3)];
            if (left.Length == rows.Length) return (left, left.Select(row => row.Item));
        }
    });

    [Fact]
    public void Ratings_and_times_are_bounded() => Check(new InteractionFilter { MinimumRating = 3, From = 2, Until = 8 }, rows =>
    {
        Row[] left = [.. rows.Where(row => row.Rating >= 3 && row.Time is >= 2 and < 8)];
        return (left, left.Select(row => row.Item));
    });

    [Fact]
    public void Only_the_last_event_with_an_item_is_kept() => Check(new InteractionFilter { Duplicates = DuplicatePolicy.Last }, rows =>
    {
        Row[] ordered = [.. rows.OrderBy(row => row.Time)];
        Row[] last = [.. ordered.Where((row, index) => !ordered.Skip(index + 1).Any(later => later.User == row.User && later.Item == row.Item))];
        return (last, rows.Select(row => row.Item));
    });

    [Fact]
    public void A_sample_holds_whole_users_and_the_same_ones_in_any_order_of_rows()
    {
        string text = "user,item\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"u{i % 50},i{i}\n"));
        string reversed = "user,item\n" + string.Concat(Enumerable.Range(0, 300).Reverse().Select(i => $"u{i % 50},i{i}\n"));
        string[] users = [.. new[] { text, reversed }.Select(rows =>
        {
            using SequenceStore store = Open(rows, new InteractionFilter { MaximumUsers = 7 });
            Assert.Equal(7, store.UserCount);
            Assert.All(Enumerable.Range(0, 7), user => Assert.Equal(6, store[user].Length));
            Assert.Equal(42, store.Items.Count);
            return string.Join(' ', Enumerable.Range(0, 7).Select(store.UserId));
        })];
        Assert.Equal(users[0], users[1]);
    }

    [Fact]
    public void What_is_left_out_is_counted_by_reason_with_examples()
    {
        string text = "user,item,rating\na,x,5\na,y,1\nb,x,4\n,z,3\nb,y,good\nb,y,4\nc,x,5\n";
        var request = Request(text, new InteractionFilter { MinimumRating = 2 }) with { SkipBadRows = true };
        PreparationSummary summary = DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken);
        Assert.NotNull(summary.Report);
        Assert.Equal((7L, 0L), (summary.Report.RowCount, summary.Report.KeptCount - summary.InteractionCount));
        Assert.Contains(summary.Report.Dropped, dropped => dropped is { Reason: "user must not be empty", Count: 1 });
        Assert.Contains(summary.Report.Dropped, dropped => dropped.Reason.StartsWith("rating must be a number", StringComparison.Ordinal) && dropped.Examples is ["rating 'good'"]);
        Assert.Contains(summary.Report.Dropped, dropped => dropped is { Reason: "rating below 2", Count: 1 } && dropped.Examples is ["user a, item y"]);
        Assert.Equal(summary.Report.RowCount, summary.Report.KeptCount + summary.Report.Dropped.Sum(dropped => dropped.Count));
    }

    [Fact]
    public void A_user_with_many_repeats_is_one_example()
    {
        using SequenceStore store = Open("user,item\n" + string.Concat(Enumerable.Repeat("bot,x\n", 500)) + "a,x\na,x\n", new InteractionFilter { Duplicates = DuplicatePolicy.Last });
        DroppedRows dropped = Assert.Single(store.Report!.Dropped);
        Assert.Equal(500, dropped.Count);
        Assert.Equal(["user a, item x", "user bot, item x"], dropped.Examples.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_source_without_rows_refuses_a_filter_rather_than_pass_over_it()
    {
        var request = new PreparationRequest { Source = new SyntheticSource(), Output = folder.File("s"), Filter = new InteractionFilter { KCore = 5 } };
        Assert.Contains("has no rows to choose from", Assert.Throws<InvalidInputException>(() => DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_filter_that_leaves_nothing_names_the_reasons()
    {
        var error = Assert.Throws<InvalidInputException>(() => Open("user,item\na,x\nb,y\n", new InteractionFilter { KCore = 2 }));
        Assert.Contains("is left (2: user not in the core of 2 rows)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Many_passes_of_the_layout_give_what_one_gives(int passRows)
    {
        Row[] rows = [.. Enumerable.Range(0, 500).Select(i => new Row(i * 7919 % 23, i, 1, i * 104729 % 40))];
        byte[] Layout(long bytes)
        {
            using var interactions = new Interactions(folder.Path, hasRatings: false, hasTimes: true, hasOrder: false);
            int[] counts = new int[23];
            foreach (Row row in rows)
            {
                counts[row.User]++;
                interactions.Users.Append([row.User]);
                interactions.Items.Append([row.Item]);
                interactions.Times!.Append([row.Time]);
            }

            var bytesOut = new List<byte>();
            new SequenceLayout(interactions, new RowSet(rows.Length), [.. Enumerable.Range(0, 23)], counts, bytes).ForEach((user, events) =>
            {
                Assert.Equal(rows.Where(row => row.User == user).OrderBy(row => row.Time).Select(row => row.Item), events.Items.ToArray());
                foreach (int item in events.Items) bytesOut.AddRange(BitConverter.GetBytes(item));
            });
            return [.. bytesOut];
        }

        Assert.Equal(Layout(1 << 20), Layout(passRows * 12));
    }

    private void Check(InteractionFilter filter, Func<Row[], (Row[] Left, IEnumerable<int> Items)> expected)
    {
        Gen<Row> row =
            from user in Gen.Choose(0, 6)
            from item in Gen.Choose(0, 6)
            from rating in Gen.Choose(1, 5)
            from time in Gen.Choose(0, 9)
            select new Row(user, item, rating, time);
        // Every case writes a store through to the disk.
        Config few = Config.QuickThrowOnFailure.WithMaxTest(40);
        Prop.ForAll(row.ArrayOf().Where(rows => expected(rows).Left.Length > 0).ToArbitrary(), rows =>
        {
            string text = "user,item,rating,time\n" + string.Concat(rows.Select(r => $"{r.User},{r.Item},{r.Rating},{r.Time}\n"));
            using SequenceStore store = Open(text, filter);
            (Row[] left, IEnumerable<int> items) = expected(rows);
            string[] lines = [.. left.GroupBy(r => r.User).OrderBy(group => group.Key).Select(group => $"{group.Key}: {string.Join(' ', group.OrderBy(r => r.Time).Select(r => r.Item))}")];
            Assert.Equal(lines, Prepared.Lines(store));
            Assert.Equal(items.Distinct().Order().Select(item => $"{item}"), Enumerable.Range(1, store.Items.Count).Select(store.Items.Id));
            Assert.Equal(rows.Length - left.Length, store.Report!.Dropped.Sum(dropped => dropped.Count));
        }).Check(few);
    }

    private SequenceStore Open(string text, InteractionFilter filter)
    {
        PreparationRequest request = Request(text, filter);
        DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken);
        return SequenceStore.Open(request.Output);
    }

    private PreparationRequest Request(string text, InteractionFilter filter)
    {
        string[] columns = text[..text.IndexOf('\n', StringComparison.Ordinal)].Split(',');
        return new PreparationRequest
        {
            Source = new DelimitedRatingsSource
            {
                Paths = [folder.Write("r.csv", text)],
                UserColumn = "user",
                ItemColumn = "item",
                RatingColumn = columns.Contains("rating") ? "rating" : null,
                TimeColumn = columns.Contains("time") ? "time" : null,
            },
            Output = folder.File("out"),
            Filter = filter,
        };
    }
}
