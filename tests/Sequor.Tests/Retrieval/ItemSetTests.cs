using Sequor.Data;
using Sequor.Retrieval;
using Xunit;

namespace Sequor.Tests.Retrieval;

public class ItemSetTests
{
    public static TheoryData<int> Sizes => [0, 1, 63, 64, 65, 200];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Operations_are_those_of_plain_sets(int size)
    {
        var random = new Random(size);
        int[] catalogue = [.. Enumerable.Range(1, size)];
        int[] first = [.. catalogue.Where(_ => random.Next(3) == 0)], second = [.. catalogue.Where(_ => random.Next(2) == 0)];
        ItemSet a = ItemSet.Of(size, [.. first.Reverse(), .. first]), b = ItemSet.Of(size, second);
        AssertHolds(first, a);
        AssertHolds([.. first.Intersect(second)], a.And(b));
        AssertHolds([.. first.Union(second)], a.Or(b));
        AssertHolds([.. catalogue.Except(first)], a.Not());
        AssertHolds(catalogue, a.Or(a.Not()));
        AssertHolds([], a.And(a.Not()));

        void AssertHolds(int[] items, ItemSet set)
        {
            Assert.Equal(size, set.ItemCount);
            Assert.Equal(items.Length, set.Count);
            Assert.Equal(items.Order(), Enumerable.Range(-2, size + 70).Where(set.Contains));
        }
    }

    [Fact]
    public void Items_with_any_of_the_values_are_found_in_the_rows_of_an_attribute()
    {
        var genres = CategoricalAttribute.Create("genre", [["Drama"], [], ["Comedy", "War"], ["War", "Drama"], .. Enumerable.Repeat(Array.Empty<string>(), 70), ["War"]]);
        int Code(string name) => Enumerable.Range(0, genres.ValueCount).First(code => genres.Value(code) == name);
        ItemSet either = ItemSet.WithAny(genres, [Code("Comedy"), Code("Drama")]), war = ItemSet.WithAny(genres, [Code("War")]);
        Assert.Equal(75, war.ItemCount);
        Assert.Equal([1, 3, 4], Enumerable.Range(1, 75).Where(either.Contains));
        Assert.Equal([3, 4, 75], Enumerable.Range(1, 75).Where(war.Contains));
        Assert.Equal(0, ItemSet.WithAny(genres, []).Count);
    }

    [Fact]
    public void What_is_not_in_the_catalogue_is_refused()
    {
        Assert.Contains("item index 6 must lie in 1 … 5", Assert.Throws<ArgumentException>(() => ItemSet.Of(5, [1, 6])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ItemSet.Of(5, [0]));
        Assert.Throws<ArgumentException>(() => ItemSet.Of(5, []).Or(ItemSet.Of(6, [])));
        Assert.Throws<ArgumentException>(() => ItemSet.WithAny(CategoricalAttribute.Create("genre", [["Drama"]]), [1]));
    }
}
