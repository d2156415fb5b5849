using Sequor.Configuration;
using Xunit;

namespace Sequor.Tests.Configuration;

public sealed class GinIncludeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sequor-gin-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void An_include_is_found_beside_the_including_file_and_a_later_binding_prevails()
    {
        Write("parts/common.gin", "train_fn.num_epochs = 3\ntrain_fn.num_negatives = %NEGATIVES");
        string main = Write("main.gin", "include 'parts/common.gin'\ntrain_fn.num_epochs = 4\nNEGATIVES = 7");
        ExperimentConfig config = ExperimentConfig.Load(main).Config;
        Assert.Equal((4, 7), (config.Training.EpochCount, config.Loss.NegativeCount));
    }

    [Fact]
    public void A_mistake_in_an_included_file_names_that_file()
    {
        string common = Write("common.gin", "\nhstu_encoder.num_heads = 0");
        string main = Write("main.gin", "include \"common.gin\"");
        Assert.Equal($"hstu_encoder.num_heads = 0 must be at least 1 ({common}:2)", Message(main));
    }

    [Fact]
    public void A_file_that_includes_itself_is_refused()
    {
        Write("b.gin", "\ninclude 'a.gin'");
        string main = Write("a.gin", "include 'b.gin'");
        Assert.Equal($"include \"a.gin\": {main} includes itself, directly or through others ({Path.Combine(_directory, "b.gin")}:2)", Message(main));
    }

    [Fact]
    public void Includes_that_double_at_each_step_are_bounded()
    {
        for (int i = 0; i < 20; i++) Write($"{i}.gin", $"include '{i + 1}.gin'\ninclude '{i + 1}.gin'");
        Write("20.gin", "");
        Assert.Contains("is one of more than 256", Message(Path.Combine(_directory, "0.gin")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named_with_the_statement_that_wants_it()
    {
        string main = Write("main.gin", "include 'none.gin'");
        Assert.Equal($"include \"none.gin\": {Path.Combine(_directory, "none.gin")} does not exist ({main}:1)", Message(main));
        Assert.Equal("nowhere.gin does not exist: name a .gin file that exists", Message("nowhere.gin"));
    }

    [Fact]
    public void A_file_that_is_not_text_is_refused()
    {
        string path = Path.Combine(_directory, "binary.gin");
        File.WriteAllBytes(path, [0xff, 0xfe, 0x00]);
        Assert.Contains("is not UTF-8 text", Message(path), StringComparison.Ordinal);
    }

    private static string Message(string path) => Assert.Throws<InvalidInputException>(() => ExperimentConfig.Load(path)).Message;

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
