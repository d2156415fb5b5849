using System.Text.Json;
using Xunit;

namespace Sequor.Cli.Tests;

public sealed class ImportAndExportTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_model_that_is_exported_and_imported_measures_the_same()
    {
        string file = folder.File("weights.safetensors"), model = folder.File("model");
        JsonElement exported = Tool.Json("export", trained.Run, "--out", file);
        Assert.Equal(exported.GetProperty("items").GetInt32() + 1, exported.GetProperty("tableRows").GetInt32());
        JsonElement imported = Tool.Json("import", file, "--config", trained.Config, "--data", trained.Store, "--out", model);
        Assert.Equal(exported.GetProperty("tensors").GetInt32(), imported.GetProperty("tensors").GetInt32());
        string[] reports = [.. new[] { trained.Run, model }.Select(path => Tool.Json("evaluate", path, "--data", trained.Store).GetRawText())];
        Assert.Equal(reports[0], reports[1]);
        Tool recommended = Tool.Run("recommend", model, "--data", trained.Store, "--user", "7");
        Assert.True(recommended.ExitCode == 0, recommended.Error);
    }

    [Fact]
    public void An_import_tells_how_it_read_the_item_table_and_what_comes_next()
    {
        string file = folder.File("weights.safetensors"), model = folder.File("model");
        Assert.Contains("item rows by ", Tool.Run("export", trained.Run, "--out", file).Output, StringComparison.Ordinal);
        Tool import = Tool.Run("import", file, "--config", trained.Config, "--data", trained.Store, "--out", model);
        Assert.True(import.ExitCode == 0, import.Error);
        Assert.Contains("60 items of 61 rows", import.Output, StringComparison.Ordinal);
        Assert.Contains($"evaluate {model} --data {trained.Store}", import.Output, StringComparison.Ordinal);
        Assert.Contains("is not empty", Tool.Refused("import", file, "--config", trained.Config, "--data", trained.Store, "--out", model), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        string file = folder.File("weights.safetensors"), model = folder.File("model");
        Assert.Contains("--format sasrec takes a store", Tool.Refused("export", trained.Run, "--format", "sasrec", "--out", file), StringComparison.Ordinal);
        Assert.Contains("--format safetensors takes a run or a model", Tool.Refused("export", trained.Store, "--format", "safetensors", "--out", file), StringComparison.Ordinal);
        Assert.Contains("--item-rows goes with a run or a model", Tool.Refused("export", trained.Store, "--item-rows", "id", "--out", file), StringComparison.Ordinal);
        Assert.Contains("--item-rows code must be id or index", Tool.Refused("export", trained.Run, "--item-rows", "code", "--out", file), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Tool.Refused("import", file, "--config", trained.Config, "--data", trained.Store, "--out", model), StringComparison.Ordinal);
        Tool.Json("export", trained.Run, "--out", file);
        Assert.Contains(
            "must hold _input_features_preproc._pos_emb.weight of shape (24, 8), but has shape (23, 8)",
            Tool.Refused("import", file, "--config", trained.Config, "--data", trained.Store, "--out", model, "--set", "train_fn.max_sequence_length=13"),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(model));
    }
}
