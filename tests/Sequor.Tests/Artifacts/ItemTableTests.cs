using Sequor.Artifacts;
using Xunit;

namespace Sequor.Tests.Artifacts;

public sealed class ItemTableTests : IDisposable
{
    private readonly TemporaryFolder _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Titles_with_tabs_quotes_and_line_breaks_survive()
    {
        ItemRow[] rows =
        [
            new("1", "tab\t\"quotes\" back\\slash", 3),
            new("B00\n7", "two\r\nlines \u2028 \u0000 </script>", 0),
            new("é 😀", "", long.MaxValue),
        ];
        ItemTable.Write(_directory.File(ItemTable.FileName), rows);
        Assert.Equal(rows, ItemTable.Read(_directory.File(ItemTable.FileName)));
        Assert.Equal(3, File.ReadAllLines(_directory.File(ItemTable.FileName)).Length);
    }

    [Fact]
    public void Attributes_survive_in_their_order_and_every_row_must_have_them()
    {
        string path = _directory.File(ItemTable.FileName);
        ItemRow[] rows = [new("1", "", 3, [Pair("year", "1999"), Pair("genres", "Film \"Noir\"", "é")]), new("2", "", 0, [Pair("year"), Pair("genres")])];
        ItemTable.Write(path, rows);
        IReadOnlyList<ItemRow> read = ItemTable.Read(path);
        for (int i = 0; i < rows.Length; i++) Assert.Equal(rows[i].Attributes!.Select(Text), read[i].Attributes!.Select(Text));

        ItemTable.Write(path, [rows[0], rows[1] with { Attributes = null }]);
        Assert.EndsWith($"({path}:2)", Assert.Throws<InvalidInputException>(() => ItemTable.Read(path)).Message, StringComparison.Ordinal);

        static KeyValuePair<string, IReadOnlyList<string>> Pair(string name, params string[] values) => new(name, values);
        static string Text(KeyValuePair<string, IReadOnlyList<string>> attribute) => $"{attribute.Key}: {string.Join('|', attribute.Value)}";
    }

    [Theory]
    [InlineData("""{"id":"2","title":"x"}""")]
    [InlineData("""{"id":2,"title":"x","popularity":1}""")]
    [InlineData("""{"id":null,"title":"x","popularity":1}""")]
    [InlineData("""{"id":"2","title":"x","popularity":1.5}""")]
    [InlineData("""{"id":"1","title":"x","popularity":1}""")]
    [InlineData("""{"id":"2","title":"x","popularity":1,"attributes":{"year":["1999"]}}""")]
    [InlineData("""{"id":"2","title":"x","popularity":1,"attributes":{"year":1999}}""")]
    [InlineData("[")]
    [InlineData("")]
    public void A_line_that_is_no_item_or_repeats_one_is_named(string line)
    {
        string path = _directory.File(ItemTable.FileName);
        File.WriteAllText(path, """{"id":"1","title":"x","popularity":1}""" + "\n" + line + "\n");
        Assert.EndsWith($"({path}:2)", Assert.Throws<InvalidInputException>(() => ItemTable.Read(path)).Message, StringComparison.Ordinal);
    }
}
