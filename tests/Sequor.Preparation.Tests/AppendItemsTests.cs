using Sequor.Data;
using Xunit;

namespace Sequor.Preparation.Tests;

/// <summary>What a catalogue knows of its items when it grows.</summary>
public sealed class AppendItemsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void New_items_bring_titles_and_values_and_codes_follow_the_text()
    {
        string store = Titled();
        folder.Write("more.csv", "id,name,tags\n1,Another,green\n2,Two,blue|amber\n9,Nine,\n");
        PreparationReport report = Appended.Append(store, Described("user,item,time\na,2,5\n", "more.csv")).Report!;
        using var opened = SequenceStore.Open(store);
        Assert.Equal(["1", "3", "2", "9"], Appended.ItemIds(store));
        Assert.Equal(["One", "Three", "Two", "Nine"], Enumerable.Range(1, 4).Select(opened.Items.Title));
        Assert.Equal(["tags: red|blue,red|blue,amber|"], Prepared.Attributes(opened));
        Assert.Equal(["amber", "blue", "red"], Enumerable.Range(0, 3).Select(opened.Items.Attributes[0].Value));
        Assert.Equal(2, report.Appended!.NewItemCount);
        Assert.Equal("table: r.csv, items.csv; 1 append: n.csv, more.csv", opened.Metadata.Source);
    }

    [Fact]
    public void Where_items_have_titles_a_new_one_must_be_listed()
    {
        string store = Titled();
        DelimitedRatingsSource rows = folder.Rows("n.csv", "user,item,time\na,1,5\na,2,6\n");
        string message = Appended.Refused(store, rows);
        Assert.Contains("item '2' is new, and the store's items have titles; list it in an items file (--items FILE)", message, StringComparison.Ordinal);
        Assert.EndsWith("n.csv:3)", message, StringComparison.Ordinal);
        folder.Write("more.csv", "id,name,tags\n4,Four,\n");
        Assert.Contains("item '2' is neither in the store nor among the 1 items of the items file", Appended.Refused(store, Described("user,item,time\na,2,6\n", "more.csv")), StringComparison.Ordinal);
        Appended.Append(store, folder.Rows("n.csv", "user,item,time\na,1,5\n"));
        Assert.Equal(["a: 1@1 3@2 1@5"], Appended.Sequences(store));
    }

    [Fact]
    public void What_the_store_does_not_know_of_its_items_is_filled_in()
    {
        string store = folder.File("s");
        Prepared.Prepare(folder.Rows("r.csv", "user,item,time\na,1,1\na,3,2\n"), store);
        folder.Write("more.csv", "id,name,tags\n3,Three,red\n4,Four,blue\n");
        string once = Appended.Append(store, Described("user,item,time\na,4,6\n", "more.csv")).Fingerprint;
        using (var opened = SequenceStore.Open(store))
        {
            Assert.Equal([null, "Three", "Four"], Enumerable.Range(1, 3).Select(opened.Items.Title));
            Assert.Equal(["tags: |red|blue"], Prepared.Attributes(opened));
        }

        Assert.Equal(once, Appended.Append(store, Described("user,item,time\na,4,6\n", "more.csv")).Fingerprint);
    }

    [Fact]
    public void An_items_file_without_an_attribute_of_the_store_is_said()
    {
        string store = Titled();
        folder.Write("more.csv", "id,name\n4,Four\n");
        DelimitedRatingsSource rows = Described("user,item,time\na,4,6\n", "more.csv") with { ItemAttributeColumns = [] };
        Assert.Contains("new items have no 'tags': the items file does not tell", Appended.Append(store, rows).Report!.Findings);
        using var opened = SequenceStore.Open(store);
        Assert.Equal(["tags: red|blue,red|"], Prepared.Attributes(opened));
    }

    [Fact]
    public void A_named_set_grows_by_a_table_and_its_users_keep_their_attributes()
    {
        folder.Write("ratings.dat", "1::10::5::100\n1::20::4::200\n");
        folder.Write("movies.dat", "10::Heat (1995)::Action\n20::Ran (1985)::Drama|War\n");
        folder.Write("users.dat", "1::F::18::7::02460\n");
        string store = folder.File("s");
        Prepared.Prepare(KnownDatasets.Create("ml-1m", folder.Path), store, verify: false);
        folder.Write("more.dat", "15::Alien (1979)::Horror\n");
        DelimitedRatingsSource rows = folder.Rows("n.csv", "user,item,rating,time\n1,15,3,300\n0,10,2,400\n") with { ItemsPath = folder.File("more.dat") };
        PreparationReport report = Appended.Append(store, rows).Report!;
        using var opened = SequenceStore.Open(store);
        Assert.Equal(["0: 10/2@400", "1: 10/5@100 20/4@200 15/3@300"], Appended.Sequences(store));
        Assert.Equal(["genres: Action|Drama,War|Horror", "year: 1995|1985|1979", "decade: 1990s|1980s|1970s"], Prepared.Attributes(opened));
        Assert.Equal(["sex: F|", "age_group: 18|", "occupation: 7|", "zip_code: 02460|"], opened.UserAttributes.Select(attribute =>
            $"{attribute.Name}: {string.Join('|', Enumerable.Range(0, 2).Select(user => string.Join(',', attribute.ValuesAt(user))))}"));
        Assert.Contains("new users have no 'sex', 'age_group', 'occupation', 'zip_code': no file tells", report.Findings);
        Assert.Equal("ml-1m", opened.Name);
    }

    private string Titled()
    {
        folder.Write("items.csv", "id,name,tags\n1,One,red\n3,Three,blue|red\n");
        DelimitedRatingsSource rows = Described("user,item,time\na,1,1\na,3,2\n", "items.csv");
        Prepared.Prepare(rows with { Paths = [folder.Write("r.csv", File.ReadAllText(rows.Paths[0]))] }, folder.File("s"));
        return folder.File("s");
    }

    private DelimitedRatingsSource Described(string text, string items) =>
        folder.Rows("n.csv", text) with { ItemsPath = folder.File(items), ItemIdColumn = "id", TitleColumn = "name", ItemAttributeColumns = ["tags"] };
}
