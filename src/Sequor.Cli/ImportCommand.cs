using System.CommandLine;
using Sequor.Artifacts;
using Sequor.Configuration;
using Sequor.Data;

namespace Sequor.Cli;

/// <summary><c>sequor import</c>: weights that the reference trained, as a model of this program.</summary>
internal static class ImportCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "A checkpoint of PyTorch (.pt) or a safetensors file, under the reference's names." };
        var config = new Option<string>("--config") { Description = "Experiment file (.gin) that it was trained with.", HelpName = "CONFIG", Required = true };
        Option<string> data = CommonOptions.Data();
        var output = new Option<string>("--out") { Description = "Folder of the model, for evaluate and recommend.", HelpName = "MODEL", Required = true };
        Option<ItemRowRule?> rows = CommonOptions.ItemRows("What fits when absent.");
        Option<string[]> set = CommonOptions.Set();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("import", """
            Makes a model of weights that the PyTorch reference trained; the file is read as data, nothing in it is run.

            Examples:
              sequor import hstu-ep100.pt --config configs/ml-1m/hstu.gin --data ml-1m.sequor --out models/hstu
              sequor import hstu.safetensors --config configs/ml-1m/hstu.gin --data ml-1m.sequor --out models/hstu
            """) { file, config, data, output, rows, set, json };
        command.SetAction(line =>
        {
            LoadedExperiment experiment = ExperimentConfig.Load(line.GetRequiredValue(config), line.GetValue(set));
            foreach (string notice in experiment.Notices) terminal.Notice(notice);
            string directory = line.GetRequiredValue(output);
            OutputFolder.RequireNew(directory);
            using var store = SequenceStore.Open(line.GetRequiredValue(data));
            store.Verify(terminal.Cancellation);
            ImportedWeights imported = WeightImport.Read(line.GetRequiredValue(file), experiment.Config, store, line.GetValue(rows), directory);
            if (line.GetValue(json)) WriteJson(terminal, directory, imported);
            else Draw(terminal, directory, store.Path, imported);
            return 0;
        });
        return command;
    }

    private static void Draw(Terminal terminal, string directory, string store, ImportedWeights imported)
    {
        ArtifactOrigin origin = imported.Manifest.ImportedFrom!;
        terminal.Draw(Tables.Facts(
            ("weights", origin.FileName),
            ("sha256", origin.Sha256),
            ("epoch", imported.Epoch is null ? "not said; recorded as 0" : Tables.Count(imported.Epoch.Value)),
            ("tensors", Tables.Count(imported.TensorCount)),
            ("not needed", imported.Ignored.Count == 0 ? "none" : string.Join(", ", imported.Ignored)),
            ("item rows", $"by {CommonOptions.NameOf(origin.ItemRows)}: {Tables.Count(imported.Manifest.ItemCount)} items of {Tables.Count(imported.TableRowCount)} rows"),
            ("model", directory)));
        terminal.Say($"next: {Invocation.Name} evaluate {directory} --data {store}");
    }

    private static void WriteJson(Terminal terminal, string directory, ImportedWeights imported) => terminal.WriteJson(json =>
    {
        ArtifactOrigin origin = imported.Manifest.ImportedFrom!;
        json.WriteString("weights", origin.FileName);
        json.WriteString("sha256", origin.Sha256);
        if (imported.Epoch is { } epoch) json.WriteNumber("epoch", epoch);
        json.WriteNumber("tensors", imported.TensorCount);
        json.WriteStartArray("ignored");
        foreach (string name in imported.Ignored) json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteString("itemRows", CommonOptions.NameOf(origin.ItemRows));
        json.WriteNumber("tableRows", imported.TableRowCount);
        json.WriteNumber("items", imported.Manifest.ItemCount);
        json.WriteString("model", directory);
    });
}
