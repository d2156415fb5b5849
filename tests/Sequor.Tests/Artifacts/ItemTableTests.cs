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

    [Theory]
    [InlineData("""{"id":"2","title":"x"}""")]
    [InlineData("""{"id":2,"title":"x","popularity":1}""")]
    [InlineData("""{"id":null,"title":"x","popularity":1}""")]
    [InlineData("""{"id":"2","title":"x","popularity":1.5}""")]
    [InlineData("""{"id":"1","title":"x","popularity":1}""")]
    [InlineData("[")]
    [InlineData("")]
    public void A_line_that_is_no_item_or_repeats_one_is_named(string line)
    {
        string path = _directory.File(ItemTable.FileName);
        File.WriteAllText(path, """{"id":"1","title":"x","popularity":1}""" + "\n" + line + "\n");
        Assert.EndsWith($"({path}:2)", Assert.Throws<InvalidInputException>(() => ItemTable.Read(path)).Message, StringComparison.Ordinal);
    }
}
