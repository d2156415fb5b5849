using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

public sealed class CategoricalAttributeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Values_are_coded_in_ordinal_order_and_an_item_may_have_any_number()
    {
        var genres = CategoricalAttribute.Create("genres", [["drama", "Comedy"], [], ["Comedy", "Comedy"]]);
        Assert.Equal(["Comedy", "drama"], Enumerable.Range(0, genres.ValueCount).Select(genres.Value));
        Assert.Equal([1, 0], genres.CodesAt(0));
        Assert.Equal([], genres.CodesAt(1));
        Assert.Equal(["Comedy"], genres.ValuesAt(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => genres.ValuesAt(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => genres.ValuesAt(3));
    }

    [Fact]
    public void A_store_keeps_names_values_and_which_items_have_them()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [3, 5], itemCount: 8, attributes: true));
        store.Verify(TestContext.Current.CancellationToken);
        CategoricalAttribute[] written = SmallStore.Attributes(8);
        Assert.Equal(written.Length, store.Items.Attributes.Count);
        foreach (var (expected, found) in written.Zip(store.Items.Attributes))
        {
            Assert.Equal((expected.Name, expected.ValueCount, 8), (found.Name, found.ValueCount, found.RowCount));
            for (int row = 0; row < 8; row++) Assert.Equal(expected.ValuesAt(row), found.ValuesAt(row));
        }
    }

    [Fact]
    public void A_store_of_attributes_that_were_read_from_a_store_is_the_same_store()
    {
        using var store = SequenceStore.Open(SmallStore.Write(folder.File("s"), [3], itemCount: 8, attributes: true));
        using (var writer = new SequenceStoreWriter(folder.File("copy"), SmallStore.Metadata, store.Items, true, true))
        {
            writer.Add(store.UserId(0), store[0].Items, store[0].Ratings, store[0].Timestamps);
            writer.Complete();
        }

        using var copy = SequenceStore.Open(folder.File("copy"));
        Assert.Equal(store.Fingerprint, copy.Fingerprint);
    }

    // The sections are additions: what older programs wrote has none of them.
    [Fact]
    public void A_store_without_attributes_has_none_and_another_fingerprint()
    {
        using SequenceStore plain = SequenceStore.Open(SmallStore.Write(folder.File("p"), [3])), rich = SequenceStore.Open(SmallStore.Write(folder.File("r"), [3], attributes: true));
        Assert.Empty(plain.Items.Attributes);
        Assert.NotEqual(plain.Fingerprint, rich.Fingerprint);
    }

    [Fact]
    public void A_store_keeps_the_attributes_of_its_users_beside_those_of_its_items()
    {
        CategoricalAttribute[] written = [CategoricalAttribute.Create("sex", [["F"], []]), CategoricalAttribute.Create("tags", [["new", "Café"], ["new"]])];
        using var store = WithUsers("u", written);
        store.Verify(TestContext.Current.CancellationToken);
        Assert.Equal(["genres", "year"], store.Items.Attributes.Select(attribute => attribute.Name));
        Assert.Equal(["sex", "tags"], store.UserAttributes.Select(attribute => attribute.Name));
        foreach (var (expected, found) in written.Zip(store.UserAttributes))
            for (int user = 0; user < 2; user++) Assert.Equal(expected.ValuesAt(user), found.ValuesAt(user));
        using var without = WithUsers("w", []);
        Assert.Empty(without.UserAttributes);
        Assert.NotEqual(store.Fingerprint, without.Fingerprint);
    }

    [Fact]
    public void User_attributes_of_other_users_and_repeated_names_are_refused()
    {
        CategoricalAttribute one = CategoricalAttribute.Create("sex", [["F"]]), two = CategoricalAttribute.Create("sex", [["F"], ["M"]]);
        Assert.Contains("the store has 2 users but attribute 'sex' knows 1", Assert.Throws<InvalidInputException>(() => WithUsers("u", [one])).Message, StringComparison.Ordinal);
        Assert.Contains("user attribute 'sex' stands twice", Assert.Throws<InvalidInputException>(() => WithUsers("u", [two, two])).Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Attributes_of_another_catalogue_empty_names_and_repeated_ones_are_refused()
    {
        CategoricalAttribute one = CategoricalAttribute.Create("year", [["1999"]]), two = CategoricalAttribute.Create("year", [["1999"], []]);
        Refused("attribute 'year' knows 2 items", () => ItemVocabulary.Create(["a"], null, [two]));
        Refused("'year' stands twice", () => ItemVocabulary.Create(["a"], null, [one, one]));
        Refused("has an empty name", () => CategoricalAttribute.Create("", [["1999"]]));
        Refused("has an empty value", () => CategoricalAttribute.Create("year", [[""]]));

        static void Refused(string expected, Action create) =>
            Assert.Contains(expected, Assert.Throws<InvalidInputException>(create).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_code_is_refused_and_never_followed()
    {
        long[] offsets = [0, 1, 9];
        int[] codes = [7];
        var damaged = new CategoricalAttribute("year", Utf8Table.From(["1999"]), offsets, codes);
        Assert.Contains("row 0 of the attribute 'year'", Assert.Throws<InvalidInputException>(() => damaged.ValuesAt(0)).Message, StringComparison.Ordinal);
        Assert.Contains("row 1 of the attribute 'year'", Assert.Throws<InvalidInputException>(() => damaged.ValuesAt(1)).Message, StringComparison.Ordinal);
    }

    private SequenceStore WithUsers(string name, IReadOnlyList<CategoricalAttribute> attributes)
    {
        using (var writer = new SequenceStoreWriter(folder.File(name), SmallStore.Metadata, SmallStore.Items(4, attributes: true), false, false))
        {
            writer.Add("a", [1, 2], [], []);
            writer.Add("b", [3], [], []);
            writer.UserAttributes = attributes;
            writer.Complete();
        }

        return SequenceStore.Open(folder.File(name));
    }

    [Fact]
    public void A_code_of_an_attribute_without_values_is_damage()
    {
        long[] offsets = [0, 1];
        int[] codes = [0];
        var damaged = new CategoricalAttribute("year", Utf8Table.From([]), offsets, codes);
        Assert.Contains("row 0 of the attribute 'year' is damaged", Assert.Throws<InvalidInputException>(() => damaged.ValuesAt(0)).Message, StringComparison.Ordinal);
    }
}
