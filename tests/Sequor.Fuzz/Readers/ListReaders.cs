using System.Text;
using Sequor.Data;
using Sequor.Fuzz.Mutation;
using Sequor.Preparation.Sets;

namespace Sequor.Fuzz.Readers;

/// <summary>Files of items in the layouts of MovieLens (three) and Yelp.</summary>
internal sealed class ItemListReader(Workspace workspace) : FuzzReader("items", workspace)
{
    private static readonly (string Name, string Text)[] s_valid =
    [
        ("movies.dat", "1::Toy Story (1995)::Animation|Children's|Comedy\n2::Jumanji (1995)::Adventure\n10::Am\u00e9lie::\n"),
        ("movies.csv", "movieId,title,genres\n1,\"Toy \"\"Story\"\" (1995)\",Animation|Comedy\n2,Jumanji (1995),(no genres listed)\n"),
        ("u.item", "1|Toy Story (1995)|01-Jan-1995||http://x|0|1|0\n2|GoldenEye|||y|1|0|0\n"),
        ("business.json", "{\"business_id\":\"a\",\"name\":\"B\",\"categories\":\"X, Y\",\"city\":\"Z\",\"n\":[1,{\"k\":null}]}\n{\"business_id\":\"b\",\"name\":\"C\"}\n"),
    ];

    private static readonly byte[] s_genres = "unknown|0\nAction|1\nComedy|2\n"u8.ToArray();

    // A row of four letters is an id, a title and lists of values.
    public override long AllowedBytes(long size) => (1 << 20) + 256 * size;

    public override FuzzInput Make(FuzzRandom random)
    {
        (string name, string text) = random.Of<(string, string)>(s_valid);
        string[] words = ["::", "|", "\n", "\"", "(1995)", "business_id", "genres"];
        FuzzInput input = FuzzInput.Of(name, random.Once(3) ? ByteMutator.Mutate(random, Encoding.Latin1.GetBytes(text)) : TextMutator.MutateBytes(random, text, words));
        if (name == "u.item") input.Files.Add("u.genre", random.Once(4) ? ByteMutator.Mutate(random, s_genres) : s_genres);
        return input;
    }

    public override void Read(FuzzInput input)
    {
        string file = input.Files.Keys.First(name => name != "u.genre");
        ItemVocabulary items = file == "business.json" ? YelpBusinesses.Read(Workspace.At(file)) : ItemList.ReadMovieLens(Workspace.At(file));
        for (int item = 1; item <= items.Count; item++)
        {
            _ = items.Title(item);
            Require(items.TryGetIndex(items.Id(item), out int index) && index == item, "an id that does not lead back to its item");
            foreach (CategoricalAttribute attribute in items.Attributes) _ = attribute.ValuesAt(item - 1).Count;
        }
    }
}

/// <summary>Files of users in the layouts of MovieLens.</summary>
internal sealed class UserListReader(Workspace workspace) : FuzzReader("users", workspace)
{
    private static readonly (string Name, string Text)[] s_valid =
        [("users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n"), ("u.user", "1|24|M|technician|85711\n2|53|F|other|94043\n")];

    public override FuzzInput Make(FuzzRandom random)
    {
        (string name, string text) = random.Of<(string, string)>(s_valid);
        return FuzzInput.Of(name, random.Once(3) ? ByteMutator.Mutate(random, Encoding.Latin1.GetBytes(text)) : TextMutator.MutateBytes(random, text, ["::", "|", "\n"]));
    }

    public override void Read(FuzzInput input)
    {
        foreach (CategoricalAttribute attribute in UserList.ReadMovieLens(Workspace.At(input.Files.Keys.First())).AttributesOf(["1", "2", "3"]))
            for (int row = 0; row < 3; row++) _ = attribute.ValuesAt(row).Count;
    }
}
