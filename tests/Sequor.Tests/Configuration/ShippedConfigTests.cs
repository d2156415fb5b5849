using Sequor.Configuration;
using Sequor.Losses;
using Sequor.Modeling;
using Xunit;

namespace Sequor.Tests.Configuration;

public class ShippedConfigTests
{
    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Root, "*.gin", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private static string Root
    {
        get
        {
            string? directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "Sequor.slnx"))) directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("Sequor.slnx");
            return Path.Combine(directory, "configs");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_shipped_experiment_binds_and_every_line_of_it_has_an_effect(string name) => Assert.Empty(Load(name).Notices);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_resolved_text_of_every_shipped_experiment_binds_back_to_it(string name)
    {
        ExperimentConfig config = Load(name).Config;
        Assert.Equal(config, ExperimentConfig.FromGin(config.ToGin(), "resolved").Config);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_shipped_experiment_opens_with_its_own_command_and_what_to_expect(string name)
    {
        string text = File.ReadAllText(Path.Combine(Root, name));
        Assert.Contains($"train configs/{name} --data STORE --out RUN", text, StringComparison.Ordinal);
        Assert.Contains("# Expected", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ml-1m/hstu.gin", 2, 1, 50, 50)]
    [InlineData("ml-1m/hstu-large.gin", 8, 2, 25, 50)]
    [InlineData("ml-20m/hstu.gin", 4, 4, 64, 256)]
    [InlineData("ml-20m/hstu-large.gin", 16, 8, 32, 256)]
    [InlineData("amzn-books/hstu.gin", 4, 4, 16, 64)]
    [InlineData("amzn-books/hstu-large.gin", 16, 8, 8, 64)]
    public void The_published_sizes_are_shipped(string name, int blocks, int heads, int headDim, int embeddingDim)
    {
        ModelConfig model = Load(name).Config.Model;
        Assert.Equal((blocks, heads, headDim, headDim), (model.Hstu.BlockCount, model.Hstu.HeadCount, model.Hstu.QueryKeyDim, model.Hstu.ValueDim));
        Assert.Equal(embeddingDim, model.EmbeddingDim);
    }

    [Fact]
    public void Values_at_the_edge_of_their_range_survive_the_text()
    {
        ExperimentConfig config = new()
        {
            DatasetName = "tab\t\"quote\" \\ é 😀\u0001",
            Model = new ModelConfig { DropoutRate = 0.1 + 0.2, L2NormEpsilon = double.Epsilon },
            Loss = new LossConfig { Kind = LossKind.FullSoftmax, Temperature = double.MaxValue },
            Training = new Sequor.Training.TrainingConfig { Seed = ulong.MaxValue, LearningRate = 1.0 / 3 },
        };
        Assert.Equal(config, ExperimentConfig.FromGin(config.ToGin(), "resolved").Config);
    }

    [Fact]
    public void An_override_prevails_and_its_strings_need_no_quotes()
    {
        ExperimentConfig config = Load("ml-1m/hstu.gin", "train_fn.num_epochs=3", "train_fn.sampling_strategy = in-batch", "train_fn.dataset_name=\"x y\"").Config;
        Assert.Equal((3, NegativeSampling.InBatch, "x y"), (config.Training.EpochCount, config.Loss.Sampling, config.DatasetName));
    }

    [Theory]
    [InlineData("train_fn.num_epochs=0", "train_fn.num_epochs = 0 must be at least 1 (--set)")]
    [InlineData("train_fn.num_epoch=1", "train_fn.num_epoch is not a setting that Sequor knows: did you mean train_fn.num_epochs? (--set)")]
    [InlineData("num_epochs=1", "num_epochs is neither a setting nor a macro of the file: did you mean train_fn.num_epochs? (--set)")]
    [InlineData("train_fn.num_epochs=many", "train_fn.num_epochs = \"many\" must be an integer (--set)")]
    [InlineData("train_fn.num_epochs", "`train_fn.num_epochs` is followed by the end of the text: expected `=` and a value (--set)")]
    [InlineData("", "the end of the text is not name=value (--set)")]
    [InlineData("train_fn.num_epochs=1\ntrain_fn.num_negatives=2", "the end of the line stands behind the value: one override holds one name=value (--set)")]
    public void A_wrong_override_is_as_strictly_refused(string statement, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidInputException>(() => Load("ml-1m/hstu.gin", statement)).Message);

    private static LoadedExperiment Load(string name, params string[] overrides) => ExperimentConfig.Load(Path.Combine(Root, name), overrides);
}
