using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>Appending is as if all had been prepared in one go, but for the numbers of items and the places of users.</summary>
public sealed class AppendPropertyTests : IDisposable
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(10).WithStartSize(10).WithEndSize(60);

    // Few users, items and times, so that ties, late events and repeated rows are common.
    private static readonly Gen<Row[]> s_rows = (
        from user in Gen.Choose(0, 4)
        from item in Gen.Choose(0, 11)
        from time in Gen.Choose(0, 7)
        from rating in Gen.Choose(1, 5)
        from isNew in Gen.Elements(false, true)
        from copies in Gen.Elements(1, 1, 1, 2)
        select new Row(user, item, time, rating, isNew, copies)).NonEmptyListOf().Select(rows => rows.DistinctBy(row => (row.User, row.Item, row.Time)).ToArray());

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(DuplicatePolicy.KeepAll)]
    [InlineData(DuplicatePolicy.Last)]
    public void Users_have_the_sequences_that_they_had_if_all_were_prepared_in_one_go(DuplicatePolicy duplicates) => ForAll((old, added) =>
    {
        string parts = Prepare("parts", old, duplicates), whole = Prepare("whole", [.. old, .. added], duplicates);
        string[] items = Appended.ItemIds(parts), users = Appended.UserIds(parts);
        PreparationSummary summary = Append(parts, added);
        Assert.Equal(Appended.Sequences(whole), Appended.Sequences(parts));
        Assert.Equal(items, Appended.ItemIds(parts)[..items.Length]);
        Assert.Equal(users, Appended.UserIds(parts)[..users.Length]);
        if (duplicates == DuplicatePolicy.KeepAll) Assert.Equal(added.Sum(row => row.Copies), summary.Report!.KeptCount);
    });

    [Theory]
    [InlineData(DuplicatePolicy.KeepAll)]
    [InlineData(DuplicatePolicy.Last)]
    public void Appending_again_changes_nothing(DuplicatePolicy duplicates) => ForAll((old, added) =>
    {
        string store = Prepare("s", old, duplicates);
        string once = Append(store, added).Fingerprint;
        PreparationSummary again = Append(store, added);
        Assert.Equal(once, again.Fingerprint);
        Assert.Equal(0, again.Report!.KeptCount);
        Assert.Equal(once, Append(store, old).Fingerprint);
    });

    [Fact]
    public void A_file_that_brings_the_old_rows_too_gives_the_same_events() => ForAll((old, added) =>
    {
        string parts = Prepare("parts", old), all = Prepare("all", old);
        Append(parts, added);
        PreparationSummary summary = Append(all, [.. old, .. added]);
        Assert.Equal(Appended.Sequences(parts), Appended.Sequences(all));
        Assert.Equal(old.Sum(row => row.Copies), summary.Report!.Dropped.Sum(dropped => dropped.Count));
    });

    private static void ForAll(Action<Row[], Row[]> check) => Prop.ForAll(s_rows.ToArbitrary(), rows =>
    {
        Row[] old = [.. rows.Where(row => !row.IsNew)];
        if (old.Length > 0) check(old, [.. rows.Where(row => row.IsNew)]);
    }).Check(s_config);

    private string Prepare(string name, Row[] rows, DuplicatePolicy duplicates = DuplicatePolicy.KeepAll)
    {
        var request = new PreparationRequest { Source = Source(rows), Output = folder.File(name), Name = "s", Filter = new InteractionFilter { Duplicates = duplicates }, ThreadCount = 1 };
        DatasetPreparer.Prepare(request, null, TestContext.Current.CancellationToken);
        return folder.File(name);
    }

    private PreparationSummary Append(string store, Row[] rows) => Appended.Append(store, Source(rows));

    private DelimitedRatingsSource Source(Row[] rows) =>
        folder.Rows("rows.csv", string.Concat(["user,item,rating,time\n", .. rows.SelectMany(row => Enumerable.Repeat($"u{row.User},{row.Item},{row.Rating},{row.Time}\n", row.Copies))]));

    private sealed record Row(int User, int Item, int Time, int Rating, bool IsNew, int Copies);
}
