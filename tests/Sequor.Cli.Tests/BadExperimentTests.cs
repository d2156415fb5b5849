using Xunit;

namespace Sequor.Cli.Tests;

public sealed class BadExperimentTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train_fn.num_epoch = 3", "did you mean train_fn.num_epochs?")]
    [InlineData("train_fn.main_module = \"HTSU\"", "HSTU")]
    [InlineData("hstu_encoder.num_heads = 0", "must be")]
    [InlineData("train_fn.loss_module = \"BCELos\"", "BCELoss")]
    public void A_wrong_statement_is_shown_with_its_line(string statement, string expected)
    {
        string line = Refused($"# first line\n{statement}\n");
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.Contains("bad.gin:2", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_override_is_shown_as_such() =>
        Assert.Contains("--set", Refused("", "--set", "train_fn.learning_rat=1e-3"), StringComparison.Ordinal);

    [Fact]
    public void A_missing_experiment_file_is_refused()
    {
        string store = Tool.Store(folder);
        string line = Tool.Refused("train", folder.File("none.gin"), "--data", store, "--out", folder.File("run"));
        Assert.Contains("none.gin does not exist", line, StringComparison.Ordinal);
        Assert.Equal(["small.sequor"], folder.Names);
    }

    [Fact]
    public void A_missing_store_is_refused()
    {
        string config = folder.Write("good.gin", "");
        string line = Tool.Refused("train", config, "--data", folder.File("none.sequor"), "--out", folder.File("run"));
        Assert.Contains("none.sequor does not exist", line, StringComparison.Ordinal);
        Assert.Equal(["good.gin"], folder.Names);
    }

    [Theory]
    [InlineData("features")]
    [InlineData("categorical")]
    public void Data_without_attributes_of_items_are_refused_where_they_are_needed(string kind)
    {
        string line = Refused("", "--set", $"train_fn.embedding_module_type={kind}");
        Assert.Contains($"train_fn.embedding_module_type = \"{kind}\" needs attributes of the items, and the data have none", line, StringComparison.Ordinal);
        Assert.Contains("--item-attributes", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("export")]
    public void A_truncated_store_is_refused(string command)
    {
        string store = Tool.Store(folder), config = folder.Write("good.gin", "");
        using (FileStream file = File.OpenWrite(store)) file.SetLength(file.Length / 2);
        string[] before = folder.Names;
        string line = command == "train"
            ? Tool.Refused("train", config, "--data", store, "--out", folder.File("run"))
            : Tool.Refused("export", store, "--out", folder.File("a.csv"));
        Assert.Contains("small.sequor", line, StringComparison.Ordinal);
        Assert.Equal(before, folder.Names);
    }

    private string Refused(string gin, params string[] options)
    {
        string config = folder.Write("bad.gin", gin), store = Tool.Store(folder);
        string line = Tool.Refused(["train", config, "--data", store, "--out", folder.File("run"), .. options]);
        Assert.Equal(["bad.gin", "small.sequor"], folder.Names);
        return line;
    }
}
