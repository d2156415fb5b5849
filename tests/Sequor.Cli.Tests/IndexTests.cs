using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class IndexTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_index_becomes_the_default_of_its_model_and_others_stay()
    {
        string model = Model();
        JsonElement first = Tool.Json("index", model), second = Tool.Json("index", model, "--precision", "int8", "--threads", "1");
        Assert.Equal("MIPSBruteForceTopK float32", $"{first.GetProperty("method")} {first.GetProperty("precision")}");
        Assert.Equal("index/MIPSBruteForceTopK.int8.json", second.GetProperty("file").GetString());
        Assert.Equal(60, second.GetProperty("items").GetInt32());
        Assert.InRange(second.GetProperty("memoryBytes").GetInt64(), 1, first.GetProperty("memoryBytes").GetInt64());
        Assert.Equal("MIPSBruteForceTopK float32", Assert.Single(second.GetProperty("others").EnumerateArray()).GetString());
        string[] stored = [.. Manifest(model)["indices"]!.AsArray().Select(index => (string)index!["precision"]!)];
        Assert.Equal(["int8", "float32"], stored);
        // The first again: it moves to the front and does not appear twice.
        Tool again = Tool.Run("index", model);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Contains("MIPSBruteForceTopK int8", again.Output, StringComparison.Ordinal);
        Assert.Equal(["float32", "int8"], Manifest(model)["indices"]!.AsArray().Select(index => (string)index!["precision"]!));
    }

    [Fact]
    public void A_model_with_an_index_recommends_as_one_without()
    {
        string model = Model();
        string[] arguments = ["recommend", model, "--data", trained.Store, "--user", "7"];
        string before = Tool.Json(arguments).GetRawText();
        Tool.Json("index", model, "--precision", "int8");
        Assert.Equal(before, Tool.Json(arguments).GetRawText());
    }

    [Fact]
    public void A_method_that_does_not_fit_the_model_is_refused_and_nothing_is_written()
    {
        string model = Model(), manifest = File.ReadAllText(Path.Combine(model, "manifest.json"));
        Assert.Contains("must fit the similarity", Tool.Refused("index", model, "--top-k-method", "MoLExactTopK"), StringComparison.Ordinal);
        Assert.Contains("not BFloat16", Tool.Refused("index", model, "--top-k-method", "HIndexerTopK20", "--precision", "bfloat16"), StringComparison.Ordinal);
        Assert.Equal(2, Tool.Run("index", model, "--precision", "int4").ExitCode);
        Assert.Equal(manifest, File.ReadAllText(Path.Combine(model, "manifest.json")));
        Assert.False(Directory.Exists(Path.Combine(model, "index")));
    }

    [Theory]
    [InlineData("weightsSha256", "\"0123\"", "is an index of weights with sha256 0123")]
    [InlineData("itemCount", "61", "is an index of 61 items")]
    [InlineData("formatVersion", "2", "has format version 2; this program reads versions 1 to 1")]
    [InlineData("method", "\"HIndexerTopK9\"", "the manifest of")]
    [InlineData("itemCount", "\"many\"", "is not an index of an artefact")]
    public void A_foreign_or_stale_index_is_refused_in_one_line(string member, string value, string reason)
    {
        string model = Model();
        string file = Path.Combine(model, Tool.Json("index", model).GetProperty("file").GetString()!);
        JsonNode header = JsonNode.Parse(File.ReadAllText(file))!, manifest = Manifest(model);
        header[member] = JsonNode.Parse(value);
        File.WriteAllText(file, header.ToJsonString());
        JsonNode entry = manifest["files"]!.AsArray().Single(entry => ((string)entry!["name"]!).StartsWith("index/", StringComparison.Ordinal))!;
        entry["length"] = new FileInfo(file).Length;
        entry["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
        File.WriteAllText(Path.Combine(model, "manifest.json"), manifest.ToJsonString());
        Assert.Contains(reason, Tool.Refused("recommend", model, "--data", trained.Store, "--user", "7"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_index_is_refused_in_one_line()
    {
        string model = Model();
        string file = Path.Combine(model, Tool.Json("index", model).GetProperty("file").GetString()!);
        File.AppendAllText(file, " ");
        Assert.Contains("the artefact", Tool.Refused("index", model), StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains("index/MIPSBruteForceTopK.float32.json is missing", Tool.Refused("index", model), StringComparison.Ordinal);
    }

    // The run is shared by the tests; each takes a copy of its model.
    private string Model()
    {
        string from = Path.Combine(trained.Run, "best"), to = folder.File("model");
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        return to;
    }

    private static JsonNode Manifest(string model) => JsonNode.Parse(File.ReadAllText(Path.Combine(model, "manifest.json")))!;
}
