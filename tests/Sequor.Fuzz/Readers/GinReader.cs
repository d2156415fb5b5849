using System.Text;
using Sequor.Configuration;
using Sequor.Fuzz.Mutation;

namespace Sequor.Fuzz.Readers;

/// <summary>Experiments in gin, one including another, with statements that prevail.</summary>
internal sealed class GinReader(Workspace workspace) : FuzzReader("gin", workspace)
{
    private const string Main = "main.gin", Included = "part.gin";

    private static readonly string[] s_words = [.. GinSettings.All.Select(setting => setting.Name), "include", "import", "from", "'part.gin'", "'main.gin'", "%N", "@a()", "r'", "\"\"\"", "MoL", "HSTU", "None", "{", "(", "]"];

    private static readonly string[] s_valid =
    [
        new ExperimentConfig().ToGin(),
        """
        import trainer.train  # nothing
        include 'part.gin'
        N = 4
        train_fn.main_module = 'HSTU'
        hstu_encoder.num_heads = %N
        train_fn.top_k_method = "HIndexerMoLTopK50"
        get_weighted_loss.weights = {"mi_loss": 0.001}
        train_fn.interaction_module_type = "MoL"
        create_mol_interaction_module.uid_embedding_hash_sizes = [6040, (7)]
        scope/train_fn.random_seed = -0x1F
        train_fn.dataset_name = "ml" "-1m" r'\x' '\x41\u00e9'
        train_fn.learning_rate = \
            1e-3
        """,
        "train_fn.num_epochs = 3\nA = [1, 2.5, 'x', @f(), {'k': (1,)}]\nB = %A\ntrain_fn.item_category = 'genres'\n",
    ];

    private static readonly byte[] s_part = "train_fn.num_epochs = 2\nN = 3\n"u8.ToArray();

    public override FuzzInput Make(FuzzRandom random)
    {
        string valid = random.Of<string>(s_valid);
        FuzzInput input = FuzzInput.Of(Main, random.Once(12) ? ByteMutator.Mutate(random, Encoding.UTF8.GetBytes(valid)) : TextMutator.MutateBytes(random, valid, s_words));
        input.Files.Add(Included, random.Once(4) ? TextMutator.MutateBytes(random, "include 'main.gin'\nX = %X\n", s_words) : s_part);
        return input;
    }

    public override void Read(FuzzInput input)
    {
        ExperimentConfig config = ExperimentConfig.Load(Workspace.At(Main), ["train_fn.num_epochs=5"]).Config;
        // What binds can be written, and binds again to the same.
        ExperimentConfig again = ExperimentConfig.FromGin(config.ToGin(), "again").Config;
        Require(again == config, "an experiment is another one after it was written and read");
    }
}
