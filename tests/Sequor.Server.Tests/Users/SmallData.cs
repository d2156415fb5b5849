using Sequor.Data;

namespace Sequor.Server.Tests.Users;

/// <summary>Prepared data of a few users u0, u1, …: items i1 … i100, with or without times and ratings.</summary>
internal static class SmallData
{
    internal static string Write(string path, int[] lengths, bool ratings = true, bool times = true)
    {
        var metadata = new SequenceStoreMetadata { Name = "small", Source = "a test", OrderRule = "as written", Options = new Dictionary<string, string>() };
        var items = ItemVocabulary.Create([.. Enumerable.Range(1, SmallModel.Items).Select(i => $"i{i}")]);
        using var writer = new SequenceStoreWriter(path, metadata, items, ratings, times);
        for (int user = 0; user < lengths.Length; user++)
        {
            int u = user;
            int[] places = [.. Enumerable.Range(0, lengths[user])];
            writer.Add(
                $"u{u}", [.. places.Select(i => Item(u, i))], ratings ? [.. places.Select(i => Rating(u, i))] : [], times ? [.. places.Select(i => Time(u, i))] : []);
        }

        writer.Complete();
        return path;
    }

    internal static int Item(int user, int place) => 1 + (7 * user + 3 * place) % SmallModel.Items;

    // A third of the users have ratings that are no half stars.
    internal static float Rating(int user, int place) => user % 3 == 2 ? 0.1f * place : 0.5f * ((user + place) % 10);

    internal static long Time(int user, int place) => 1_000_000L - 300_000L * (user % 5) + 100 * (place / 2);
}
