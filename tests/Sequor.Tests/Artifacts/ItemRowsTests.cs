using Sequor.Artifacts;
using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Artifacts;

public sealed class ItemRowsTests
{
    private static readonly ItemVocabulary s_movies = ItemVocabulary.Create(["2", "5", "9"]);
    private static readonly ItemVocabulary s_books = ItemVocabulary.Create(["0001", "B00X", "B00Y"]);

    [Theory]
    [InlineData(10, ItemRowRule.Id)]
    [InlineData(12, ItemRowRule.Id)]
    [InlineData(4, ItemRowRule.Index)]
    public void Numeric_ids_are_rows_when_the_table_reaches_them(long tableRows, ItemRowRule expected) =>
        Assert.Equal(expected, ItemRows.Of(s_movies, tableRows).Rule);

    [Fact]
    public void A_row_finds_its_item()
    {
        ItemRows byId = ItemRows.ById(s_movies);
        Assert.Equal(10, byId.Count);
        Assert.Equal([0, -1, 1, -1, -1, 2, -1, -1, -1, 3, -1], Indices(byId, 11));
        ItemRows byIndex = ItemRows.ByIndex(3);
        Assert.Equal(4, byIndex.Count);
        Assert.Equal([0, 1, 2, 3, -1], Indices(byIndex, 5));
    }

    [Fact]
    public void Ids_that_are_codes_go_by_index()
    {
        Assert.Equal(ItemRowRule.Index, ItemRows.Of(s_books, 4).Rule);
        // The reference numbers Amazon's items from 0 and looks for code + 1.
        Assert.Equal(ItemRowRule.Index, ItemRows.Of(ItemVocabulary.Create(["0", "1", "2"]), 4).Rule);
    }

    [Theory]
    [InlineData(9, null, "the item table has 9 rows and the store 3 items: by index it has 4, by id it has at least 10; prepare the store with the catalogue that the weights were trained on")]
    [InlineData(9, ItemRowRule.Id, "the item table has 9 rows and the store 3 items: by id it has at least 10; prepare the store with the catalogue that the weights were trained on")]
    [InlineData(10, ItemRowRule.Index, "the item table has 10 rows and the store 3 items: by index it has 4; prepare the store with the catalogue that the weights were trained on")]
    public void A_table_of_another_catalogue_is_refused(long tableRows, ItemRowRule? rule, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidInputException>(() => ItemRows.Of(s_movies, tableRows, rule)).Message);

    [Theory]
    [InlineData("007")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("x")]
    [InlineData("99999999999")]
    public void Only_plain_positive_numbers_are_rows(string id) => Assert.Equal(
        $"item id '{id}' is not a whole number from 1 on, so it names no row of a table; use --item-rows index",
        Assert.Throws<InvalidInputException>(() => ItemRows.ById(ItemVocabulary.Create(["1", id]))).Message);

    [Fact]
    public void A_table_is_written_by_id_unless_it_were_nearly_all_gaps()
    {
        Assert.Equal(ItemRowRule.Id, ItemRows.Natural(s_movies).Rule);
        Assert.Equal(ItemRowRule.Index, ItemRows.Natural(s_books).Rule);
        Assert.Equal(ItemRowRule.Index, ItemRows.Natural(ItemVocabulary.Create(["1", "1000000000"])).Rule);
    }

    private static IEnumerable<int> Indices(ItemRows rows, int count) =>
        Enumerable.Range(0, count).Select(row => rows.TryGetIndex(row, out int index) ? index : -1);
}
