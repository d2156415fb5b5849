using Sequor.Configuration;
using Sequor.Data;
using Sequor.Tests.Data;

namespace Sequor.Tests.Training;

/// <summary>
/// A store and a later one of the same world. Items walk in circles, a genre each: A, B and D at first. Later there are more events, users and
/// items, the items stand in another order with new ones among them, and genre values are numbered anew, as C comes before D; item k-0 is gone.
/// </summary>
internal static class GrowingData
{
    internal const int Circle = 8;
    private static readonly string[] s_genres = ["A", "B", "D"];

    /// <summary>Items that are new later: n-c is of the new genre, n-a of a known one; n-z, of a known one, is never seen, like k-z before and after.</summary>
    internal static readonly string[] NewItems = ["n-c", "n-a", "n-z"];

    internal static string Old(TemporaryFolder folder) => Write(folder.File("old.sequor"), OldItems, users: 40, length: 9, offset: 0);

    internal static string New(TemporaryFolder folder)
    {
        List<string> items = [.. OldItems.Reverse().Where(id => id != "k-0")];
        for (int i = 0; i < NewItems.Length; i++) items.Insert(3 * i + 1, NewItems[i]);
        return Write(folder.File("new.sequor"), items, users: 60, length: 12, offset: 1);
    }

    internal static ExperimentConfig Config(string settings = "") => ExperimentConfig.FromGin("""
        train_fn.main_module = 'HSTU'
        hstu_encoder.num_blocks = 1
        hstu_encoder.dqk = 8
        hstu_encoder.dv = 8
        train_fn.item_embedding_dim = 8
        train_fn.max_sequence_length = 12
        train_fn.num_negatives = 6
        train_fn.local_batch_size = 16
        train_fn.learning_rate = 1e-2
        train_fn.num_epochs = 3
        train_fn.item_category = 'genre'
        create_mol_interaction_module.dot_product_dimension = 4
        create_mol_interaction_module.query_dot_product_groups = 3
        create_mol_interaction_module.item_dot_product_groups = 2
        create_mol_interaction_module.query_hidden_dim = 6
        create_mol_interaction_module.gating_query_hidden_dim = 6
        create_mol_interaction_module.gating_item_hidden_dim = 6
        create_mol_interaction_module.gating_qi_hidden_dim = 6
        create_mol_interaction_module.uid_embedding_hash_sizes = [11]

        """ + settings, "test").Config;

    private static IEnumerable<string> OldItems => [.. Enumerable.Range(0, 3 * Circle).Select(i => $"k-{i}"), "k-z"];

    private static string Genre(string id) => id switch
    {
        "n-c" => "C",
        "n-a" or "n-z" or "k-z" => "A",
        _ => s_genres[int.Parse(id.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture) / Circle],
    };

    private static string Write(string path, IEnumerable<string> catalogue, int users, int length, int offset)
    {
        string[] ids = [.. catalogue];
        CategoricalAttribute[] attributes =
        [
            CategoricalAttribute.Create("genre", [.. ids.Select(id => (string[])[Genre(id)])]),
            CategoricalAttribute.Create("size", [.. ids.Select(id => (string[])(Genre(id) == "B" ? ["small", "flat"] : []))]),
        ];
        var items = ItemVocabulary.Create(ids, null, attributes);
        using var writer = new SequenceStoreWriter(path, SmallStore.Metadata, items, hasRatings: true, hasTimestamps: true);
        for (int user = 0; user < users; user++)
        {
            int[] seen = [.. Enumerable.Range(0, length).Select(i => Array.IndexOf(ids, Seen(user, i, ids)) + 1)];
            writer.Add($"user {user}", seen, [.. seen.Select((_, i) => 0.5f * ((user + i + offset) % 10))], [.. seen.Select((_, i) => 1_000_000L + 5000 * i)]);
        }

        writer.Complete();
        return path;
    }

    private static string Seen(int user, int place, string[] ids)
    {
        if (user % 10 == 7 && place == 4 && ids.Contains("n-a")) return user % 20 == 7 ? "n-a" : "n-c";
        int circle = user % 3, at = (user + place) % Circle;
        // Item 0 is gone later: who would see it sees its neighbour.
        return ids.Contains("k-0") || circle + at > 0 ? $"k-{circle * Circle + at}" : "k-1";
    }
}
