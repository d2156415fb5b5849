using Sequor.Data;
using Sequor.Server.Answers;
using Xunit;

namespace Sequor.Server.Tests.Http;

public class TitleSearchTests
{
    private static readonly string[] s_titles =
        ["Amélie (2001)", "The Godfather", "Godfather, The: Part II", "Star Wars: Episode IV", "L'Étoile du Nord", "starship troopers", "The Wars of the Stars", "Ñandú", "final cut", "ÆON Flux", "Мой сосед Тоторо", "となりのトトロ"];

    private static readonly long[] s_popularity = [0, 5, 90, 80, 100, 1, 7, 6, 2, 3, 4, 8, 9];

    [Theory]
    [InlineData("amelie", "a")]
    [InlineData("AMÉLIE", "a")]
    [InlineData("2001 ame", "a")]
    [InlineData("godfather", "b c")]
    [InlineData("part the godf", "c")]
    [InlineData("star", "d f g")]
    [InlineData("star wars", "d g")]
    [InlineData("wars  star", "d g")]
    [InlineData("tar", "")]
    [InlineData("etoile", "")]
    [InlineData("letoile", "e")]
    [InlineData("nandu", "h")]
    [InlineData("мой тото", "k")]
    [InlineData("となり", "l")]
    [InlineData("f", "f i j")]
    [InlineData("!?", "d b c l k f g a j i h e")]
    [InlineData("", "d b c l k f g a j i h e")]
    public void Words_are_found_by_their_beginnings_the_most_popular_first(string query, string expected)
    {
        var items = ItemVocabulary.Create([.. s_titles.Select((_, i) => ((char)('a' + i)).ToString())], s_titles);
        var search = new TitleSearch(items, s_popularity);
        Assert.Equal(expected, string.Join(' ', search.Find(query, 100).Select(items.Id)));
        Assert.Equal(search.Find(query, 100).Take(2), search.Find(query, 2));
    }

    [Fact]
    public void A_search_is_what_a_look_at_every_title_finds()
    {
        var random = new Random(3);
        string[] words = ["red", "redder", "blue", "bluebird", "green", "sea", "seal", "x", "a", "1984"];
        string[] titles = [.. Enumerable.Range(0, 500).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(0, 5)).Select(_ => words[random.Next(words.Length)])))];
        var items = ItemVocabulary.Create([.. titles.Select((_, i) => $"q{i}")], titles);
        long[] popularity = [0, .. titles.Select(_ => (long)random.Next(20))];
        var search = new TitleSearch(items, popularity);
        for (int round = 0; round < 300; round++)
        {
            string[] asked = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => words[random.Next(words.Length)]).Select(word => word[..random.Next(1, word.Length + 1)])];
            var expected = Enumerable.Range(1, titles.Length)
                .Where(item => asked.All(word => $"q{item - 1} {titles[item - 1]}".Split(' ').Any(known => known.StartsWith(word, StringComparison.Ordinal))))
                .OrderByDescending(item => popularity[item]).ThenBy(item => item);
            Assert.Equal(expected, search.Find(string.Join(' ', asked), 1000));
        }
    }
}
