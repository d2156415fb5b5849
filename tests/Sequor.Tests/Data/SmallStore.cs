using Sequor.Data;

namespace Sequor.Tests.Data;

/// <summary>Stores of a few users for tests.</summary>
internal static class SmallStore
{
    public static readonly SequenceStoreMetadata Metadata = new()
    {
        Name = "small", Source = "a test", OrderRule = "as written", Options = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
    };

    public static ItemVocabulary Items(int count, bool titles = true, bool attributes = false) => ItemVocabulary.Create(
        [.. Enumerable.Range(1, count).Select(i => $"id-{i}")],
        titles ? [.. Enumerable.Range(1, count).Select(i => i == 2 ? null : $"Título {i}")] : null,
        attributes ? Attributes(count) : null);

    /// <summary>Genres, none to two an item, and a year for all but one.</summary>
    public static CategoricalAttribute[] Attributes(int count) =>
    [
        CategoricalAttribute.Create("genres", [.. Enumerable.Range(1, count).Select(i => (string[])(i % 3 == 0 ? [] : i % 3 == 1 ? ["Música"] : ["drama", "Comedy"]))]),
        CategoricalAttribute.Create("year", [.. Enumerable.Range(1, count).Select(i => (string[])(i == 2 ? [] : [$"{2000 - i}"]))]),
    ];

    /// <summary>Users of the given lengths; item, rating and time are functions of (user, position), so that a test can recompute them.</summary>
    public static string Write(string path, int[] lengths, int itemCount = 9, bool ratings = true, bool timestamps = true, bool titles = true, bool attributes = false)
    {
        using var writer = new SequenceStoreWriter(path, Metadata, Items(itemCount, titles, attributes), ratings, timestamps);
        for (int user = 0; user < lengths.Length; user++)
        {
            int[] items = [.. Enumerable.Range(0, lengths[user]).Select(i => Item(user, i, itemCount))];
            writer.Add(
                $"user {user}",
                items,
                ratings ? [.. Enumerable.Range(0, lengths[user]).Select(i => Rating(user, i))] : [],
                timestamps ? [.. Enumerable.Range(0, lengths[user]).Select(i => Time(user, i))] : []);
        }

        writer.Complete();
        return path;
    }

    public static int Item(int user, int position, int itemCount) => 1 + (7 * user + 3 * position) % itemCount;

    public static float Rating(int user, int position) => 0.5f * ((user + position) % 10);

    public static long Time(int user, int position) => 5_000_000_000L + 100 * user + position / 2;
}
