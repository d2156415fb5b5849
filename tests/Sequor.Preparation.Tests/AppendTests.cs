using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

public sealed class AppendTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void New_items_and_users_follow_in_the_order_of_their_ids_wherever_these_would_stand()
    {
        string store = Store("user,item,time\n5,10,1\n5,30,2\n7,10,3\n");
        PreparationSummary summary = Appended.Append(store, folder.Rows("new.csv", "user,item,time\n6,20,4\n6,9,5\n5,40,6\n1,100,7\n1,9,8\n"));
        Assert.Equal(["10", "30", "9", "20", "40", "100"], Appended.ItemIds(store));
        Assert.Equal(["5", "7", "1", "6"], Appended.UserIds(store));
        Assert.Equal(["1: 100@7 9@8", "5: 10@1 30@2 40@6", "6: 20@4 9@5", "7: 10@3"], Appended.Sequences(store));
        Assert.Equal(new AppendedCounts(2, 4, 0), summary.Report!.Appended);
        Assert.Equal((5L, 5L), (summary.RowCount, summary.Report.KeptCount));
    }

    [Fact]
    public void Of_one_second_the_old_events_come_first()
    {
        string store = Store("user,item,time\na,x,1\na,y,1\na,z,2\n");
        Appended.Append(store, folder.Rows("new.csv", "user,item,time\na,w,2\na,v,1\n"));
        Assert.Equal(["a: x@1 y@1 v@1 z@2 w@2"], Appended.Sequences(store));
    }

    [Fact]
    public void Late_events_stand_where_they_belong_and_are_counted()
    {
        string store = Store("user,item,time\na,x,10\na,y,20\nb,x,5\n");
        PreparationReport report = Appended.Append(store, folder.Rows("new.csv", "user,item,time\na,w,15\na,v,20\na,u,1\nb,u,6\n")).Report!;
        Assert.Equal(["a: u@1 x@10 w@15 y@20 v@20", "b: x@5 u@6"], Appended.Sequences(store));
        Assert.Equal(2, report.Appended!.LateCount);
        Assert.Contains("new events that stand before the last one of their user in the store: 2", report.Findings);
    }

    [Fact]
    public void Rows_that_the_store_has_are_left_out_as_often_as_it_has_them()
    {
        string store = Store("user,item,rating,time\na,x,1,1\na,x,1,1\na,y,2,2\n");
        PreparationReport report = Appended.Append(store, folder.Rows("new.csv", "user,item,rating,time\na,x,1,1\na,x,5,1\na,x,4,1\na,y,2,3\n")).Report!;
        Assert.Equal(["a: x/1@1 x/1@1 x/4@1 y/2@2 y/2@3"], Appended.Sequences(store));
        DroppedRows dropped = Assert.Single(report.Dropped);
        Assert.Equal(("already in the store", 2L), (dropped.Reason, dropped.Count));
        Assert.Equal(["user a, item x"], dropped.Examples);
    }

    [Fact]
    public void Times_of_another_unit_are_seconds_in_the_end()
    {
        string store = Store("user,item,time\na,x,1600000000\na,y,1600000001\n");
        PreparationReport report = Appended.Append(store, folder.Rows("new.csv", "user,item,time\na,w,1600000000900\na,v,1600000000100\na,x,1600000000500\n")).Report!;
        Assert.Equal(["a: x@1600000000 v@1600000000 w@1600000000 y@1600000001"], Appended.Sequences(store));
        Assert.Equal("already in the store", Assert.Single(report.Dropped).Reason);
        Assert.Contains("times are milliseconds", report.Findings);
    }

    [Fact]
    public void A_unit_that_was_named_holds_for_what_is_appended()
    {
        string store = folder.File("s"), rows = "user,item,time\na,x,5000\na,y,7000\n";
        DatasetPreparer.Prepare(new PreparationRequest { Source = folder.Rows("old.csv", rows), Output = store, TimeUnit = TimeUnit.Milliseconds }, null, TestContext.Current.CancellationToken);
        PreparationReport report = Appended.Append(store, folder.Rows("new.csv", rows + "b,x,9000\n")).Report!;
        Assert.Equal(["a: x@5 y@7", "b: x@9"], Appended.Sequences(store));
        Assert.Equal(2, Assert.Single(report.Dropped).Count);
        Assert.Contains("times are milliseconds, as when the store was prepared", report.Findings);
    }

    [Fact]
    public void A_file_without_rows_brings_nothing()
    {
        string store = Store("user,item,time\na,x,1\n");
        using var before = SequenceStore.Open(store);
        PreparationSummary summary = Appended.Append(store, folder.Rows("new.csv", "user,item,time\n"), folder.File("t"));
        Assert.Equal((before.Fingerprint, 0L), (summary.Fingerprint, summary.RowCount));
    }

    [Fact]
    public void Without_times_new_events_follow_and_it_is_said()
    {
        string store = Store("user,item\na,x\na,y\n");
        PreparationReport report = Appended.Append(store, folder.Rows("new.csv", "user,item\na,x\na,w\n")).Report!;
        Assert.Equal(["a: x y x w"], Appended.Sequences(store));
        Assert.Contains(report.Findings, finding => finding.Contains("has no times", StringComparison.Ordinal));
    }

    [Fact]
    public void By_an_order_column_new_events_follow_and_may_not_be_older()
    {
        string store = Store("user,item,order,time\na,x,1,10\na,y,2,20\n");
        PreparationReport report = Appended.Append(store, folder.Rows("new.csv", "user,item,order,time\na,w,9,20\na,v,3,20\na,y,1,20\n")).Report!;
        Assert.Equal(["a: x@10 y@20 v@20 w@20"], Appended.Sequences(store));
        Assert.Contains("new events follow the store's, in the order of column 'order'", report.Findings);
        Assert.Contains("user 'a' has a new event at 15, before the last one in the store at 20", Appended.Refused(store, folder.Rows("late.csv", "user,item,order,time\na,w,9,15\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_rules_of_the_store_hold_for_new_rows_unless_others_are_given()
    {
        string store = folder.File("s");
        Prepare(folder.Rows("old.csv", "user,item,rating,time\na,x,5,100\na,y,4,200\nb,x,5,300\na,x,1,1\n"), new InteractionFilter { MinimumRating = 4, From = 50, KCore = 1, MaximumUsers = 9 });
        DelimitedRatingsSource rows = folder.Rows("new.csv", "user,item,rating,time\na,w,3,400\na,v,4,40\na,u,4,500\n");
        PreparationReport report = Appended.Append(store, rows, folder.File("t")).Report!;
        Assert.Equal(["a: x/5@100 y/4@200 u/4@500", "b: x/5@300"], Appended.Sequences(folder.File("t")));
        Assert.Equal(["rating below 4", "outside the time range"], report.Dropped.Select(dropped => dropped.Reason));
        Assert.Contains("the smallest rating 4 of the store holds for new rows too", report.Findings);
        Assert.Contains("the core of 1 rows: chosen when the store was prepared, not applied to it again", report.Findings);

        Appended.Append(store, rows, filter: new InteractionFilter { MinimumRating = 1, From = 1, Until = 450 });
        Assert.Equal(["a: v/4@40 x/5@100 y/4@200 w/3@400", "b: x/5@300"], Appended.Sequences(store));
        Assert.Contains("not when it is appended to", Appended.Refused(store, rows, new InteractionFilter { KCore = 2 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_only_last_events_are_kept_a_new_one_takes_the_place_of_an_old_one()
    {
        string store = folder.File("s");
        Prepare(folder.Rows("old.csv", "user,item,time\na,x,1\na,y,2\n"), new InteractionFilter { Duplicates = DuplicatePolicy.Last });
        PreparationReport report = Appended.Append(store, folder.Rows("new.csv", "user,item,time\na,x,3\na,y,1\n")).Report!;
        Assert.Equal(["a: y@2 x@3"], Appended.Sequences(store));
        Assert.Equal("not the user's last event with the item", Assert.Single(report.Dropped).Reason);
        Assert.Contains("events of the store that gave way to a later one with the same item: 1", report.Findings);
    }

    [Fact]
    public void The_source_keeps_the_history_in_a_line()
    {
        string store = Store("user,item,time\na,x,1\n");
        string first = "";
        for (int day = 1; day <= 5; day++)
        {
            Appended.Append(store, folder.Rows($"d{day}.csv", $"user,item,time\na,x,{day + 1}\n"));
            if (day == 1) first = Source();
        }

        Assert.Equal("table: old.csv; 1 append: d1.csv", first);
        Assert.Equal("table: old.csv; 5 appends, the last: d3.csv; d4.csv; d5.csv", Source());
        Appended.Append(store, folder.Rows("d5.csv", "user,item,time\na,x,6\n"));
        Assert.Equal("table: old.csv; 5 appends, the last: d3.csv; d4.csv; d5.csv", Source());
        using var opened = SequenceStore.Open(store);
        Assert.Equal("old", opened.Name);
        Assert.Equal(new StoreColumns { User = "user", Item = "item", Time = "time" }, StoreColumns.Of(opened.Metadata));

        string Source()
        {
            using var opened = SequenceStore.Open(store);
            return opened.Metadata.Source;
        }
    }

    [Fact]
    public void What_the_store_has_the_file_must_bring_and_no_more()
    {
        string bare = Store("user,item\na,x\n");
        Assert.Contains("has no times, so that column 'time' of", Appended.Refused(bare, folder.Rows("new.csv", "user,item,time\na,x,1\n")), StringComparison.Ordinal);
        Assert.Contains("has no ratings, so that column 'rating' of", Appended.Refused(bare, folder.Rows("new.csv", "user,item,rating\na,x,1\n")), StringComparison.Ordinal);
        string full = Store("user,item,rating,time\na,x,1,1\n");
        Assert.Contains("has ratings, and", Appended.Refused(full, folder.Rows("new.csv", "user,item,time\na,x,1\n")), StringComparison.Ordinal);
        Assert.Contains("name their column (--time)", Appended.Refused(full, folder.Rows("new.csv", "user,item,rating\na,x,1\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_goes_wrong_leaves_the_store_as_it_was()
    {
        string store = Store("user,item,time\na,x,1\n");
        byte[] before = File.ReadAllBytes(store);
        DelimitedRatingsSource rows = folder.Rows("new.csv", "user,item,time\na,y,2\n");
        Assert.ThrowsAny<OperationCanceledException>(() => Appended.Append(store, rows, cancellation: new CancellationToken(canceled: true)));
        Assert.Contains("must be a number of seconds", Appended.Refused(store, folder.Rows("bad.csv", "user,item,time\na,y,2\nb,y,soon\n")), StringComparison.Ordinal);
        Assert.Contains("does not exist", Appended.Refused(store, rows with { Paths = [folder.File("nowhere.csv")] }), StringComparison.Ordinal);
        Assert.Contains("does not exist", Appended.Refused(folder.File("nowhere"), rows), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(store));
        Assert.Equal(["bad.csv", "new.csv", "old.csv", "s"], folder.Names);
    }

    [Fact]
    public void A_cancellation_at_any_stage_leaves_the_store_as_it_was()
    {
        string store = Store("user,item,time\na,x,1\n");
        byte[] before = File.ReadAllBytes(store);
        var stages = new HashSet<string>();
        while (true)
        {
            using var cancellation = new CancellationTokenSource();
            var watch = new StageWatch(stage =>
            {
                if (stages.Add(stage)) cancellation.Cancel();
            });
            var request = new PreparationRequest { Source = new AppendSource(store, folder.Rows("new.csv", "user,item,time\na,y,2\n")), Output = store };
            if (Record.Exception(() => DatasetPreparer.Prepare(request, watch, cancellation.Token)) is not { } error) break;
            Assert.IsAssignableFrom<OperationCanceledException>(error);
            Assert.Equal(before, File.ReadAllBytes(store));
        }

        Assert.Equal(["checking the store", "reading", "writing"], stages.Order(StringComparer.Ordinal));
        Assert.Equal(["a: x@1 y@2"], Appended.Sequences(store));
    }

    [Fact]
    public void A_store_that_was_changed_meanwhile_is_not_replaced()
    {
        string store = Store("user,item,time\na,x,1\n"), other = folder.File("other");
        Appended.Append(store, folder.Rows("other.csv", "user,item,time\nb,x,3\n"), other);
        var watch = new StageWatch(stage =>
        {
            if (stage == "writing" && File.Exists(other)) File.Move(other, store, overwrite: true);
        });
        var request = new PreparationRequest { Source = new AppendSource(store, folder.Rows("new.csv", "user,item,time\na,y,2\n")), Output = store };
        var error = Assert.Throws<InvalidInputException>(() => DatasetPreparer.Prepare(request, watch, TestContext.Current.CancellationToken));
        Assert.EndsWith("was changed by someone else meanwhile; append again", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a: x@1", "b: x@3"], Appended.Sequences(store));
        DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken);
        Assert.Equal(["a: x@1 y@2", "b: x@3"], Appended.Sequences(store));
    }

    [Fact]
    public void A_damaged_store_is_not_given_a_valid_checksum()
    {
        string store = Store("user,item,time\na,xylophone,1\n");
        byte[] bytes = File.ReadAllBytes(store);
        bytes[bytes.AsSpan().IndexOf("xylophone"u8)] = (byte)'X';
        File.WriteAllBytes(store, bytes);
        Assert.Contains("is damaged", Appended.Refused(store, folder.Rows("new.csv", "user,item,time\na,y,2\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_output_leaves_the_store_alone()
    {
        string store = Store("user,item,time\na,x,1\n");
        byte[] before = File.ReadAllBytes(store);
        Appended.Append(store, folder.Rows("new.csv", "user,item,time\na,y,2\n"), folder.File("t"));
        Assert.Equal(before, File.ReadAllBytes(store));
        Assert.Equal(["a: x@1 y@2"], Appended.Sequences(folder.File("t")));
    }

    private string Store(string text)
    {
        Prepare(folder.Rows("old.csv", text), new InteractionFilter());
        return folder.File("s");
    }

    private void Prepare(DelimitedRatingsSource rows, InteractionFilter filter) => DatasetPreparer.Prepare(
        new PreparationRequest { Source = rows, Output = folder.File("s"), Filter = filter, ThreadCount = 1 }, null, TestContext.Current.CancellationToken);

    private sealed class StageWatch(Action<string> see) : IProgress<PreparationProgress>
    {
        public void Report(PreparationProgress value) => see(value.Stage);
    }
}
