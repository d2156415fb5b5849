using Sequor.Data;
using Xunit;

namespace Sequor.Tests.Data;

public class ItemVocabularyTests
{
    [Fact]
    public void Ids_and_indices_convert_both_ways()
    {
        var items = ItemVocabulary.Create([.. Enumerable.Range(0, 20_000).Select(i => $"B{i * 7919}")]);
        Assert.Equal(20_000, items.Count);
        for (int index = 1; index <= items.Count; index++)
        {
            Assert.True(items.TryGetIndex(items.Id(index), out int found));
            Assert.Equal(index, found);
        }

        Assert.False(items.TryGetIndex("B1", out int none));
        Assert.Equal(0, none);
        Assert.False(items.TryGetIndex(new string('x', 1_000), out _));
    }

    [Fact]
    public void Titles_may_be_absent_one_by_one_or_altogether()
    {
        var items = ItemVocabulary.Create(["a", "b"], ["Amélie (2001)", null]);
        Assert.True(items.HasTitles);
        Assert.Equal("Amélie (2001)", items.Title(1));
        Assert.Null(items.Title(2));
        Assert.False(ItemVocabulary.Create(["a"]).HasTitles);
        Assert.Null(ItemVocabulary.Create(["a"]).Title(1));
    }

    [Fact]
    public void Padding_is_not_an_item()
    {
        var items = ItemVocabulary.Create(["a"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => items.Id(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => items.Id(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => items.Title(0));
    }

    [Fact]
    public void Ids_are_unique_and_not_empty()
    {
        Assert.Contains("'a' stands twice", Assert.Throws<InvalidInputException>(() => ItemVocabulary.Create(["a", "b", "a"])).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => ItemVocabulary.Create(["a", ""]));
        Assert.Throws<InvalidInputException>(() => ItemVocabulary.Create(["a", "b"], ["A"]));
    }
}
