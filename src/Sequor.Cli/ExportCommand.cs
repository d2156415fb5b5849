using System.CommandLine;
using Sequor.Artifacts;
using Sequor.Data;
using Sequor.Preparation;
using Sequor.Training;

namespace Sequor.Cli;

/// <summary><c>sequor export</c>: a store or a model as a file that other programs read.</summary>
internal static class ExportCommand
{
    private const string Sequences = "sasrec";
    private const string Weights = "safetensors";
    private const string Parquet = "parquet";
    private const string Csv = "csv";
    private const string Interactions = "interactions";
    private const string Users = "users";

    public static Command Create(Terminal terminal)
    {
        var source = new Argument<string>("STORE|RUN|MODEL") { Description = "A store that `sequor prepare` wrote, or a run or model of `sequor train` or `sequor import`." };
        var format = new Option<string?>("--format") { Description = "Format of the file: sasrec (when absent), parquet or csv for a store, safetensors for a model.", HelpName = $"{Sequences}|{Parquet}|{Csv}|{Weights}" };
        format.AcceptOnlyFromAmong(Sequences, Parquet, Csv, Weights);
        var output = new Option<string>("--out") { Description = "File to write; it appears whole or not at all.", HelpName = "FILE", Required = true };
        var tableRows = new Option<string?>("--rows") { Description = "For parquet and csv: a row an interaction (when absent), or, in parquet, a row a user with lists.", HelpName = $"{Interactions}|{Users}" };
        tableRows.AcceptOnlyFromAmong(Interactions, Users);
        var titles = new Option<bool>("--titles") { Description = "For parquet and csv: the title of the item beside each interaction." };
        Option<ItemRowRule?> rows = CommonOptions.ItemRows("For a model; when absent as it was imported, or by id where ids are numbers with few gaps.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("export", """
            Writes a store as a table or for the PyTorch reference, or a model for the reference.

            Examples:
              sequor export ml-1m.sequor --format sasrec --out sasrec_format.csv
              sequor export ml-1m.sequor --format parquet --titles --out ml-1m.parquet
              sequor export ml-1m.sequor --format parquet --rows users --out users.parquet
              sequor export runs/hstu --out hstu.safetensors
            """) { source, format, output, tableRows, titles, rows, json };
        command.Validators.Add(line =>
        {
            bool isTable = line.GetValue(format) is Parquet or Csv;
            if (!isTable && line.GetValue(tableRows) is not null) line.AddError("--rows goes with --format parquet or csv");
            if (!isTable && line.GetValue(titles)) line.AddError("--titles goes with --format parquet or csv");
        });
        command.SetAction(line =>
        {
            string path = line.GetRequiredValue(source), file = line.GetRequiredValue(output);
            OutputFile.RequireReplaceable(file);
            if (Path.GetFullPath(path) == Path.GetFullPath(file)) throw new InvalidInputException($"{file} is read and would be written over; choose another output");
            // A store is a file, a run or a model a folder.
            bool isModel = Directory.Exists(path);
            if (line.GetValue(format) is { } wanted && (wanted == Weights) != isModel)
                throw new InvalidInputException($"{path} is {(isModel ? "a folder" : "no folder")}: --format {wanted} takes {(isModel ? "a store" : "a run or a model")}; leave --format out");
            if (isModel) return ExportModel(terminal, path, file, line.GetValue(rows), line.GetValue(json));
            if (line.GetValue(rows) is not null) throw new InvalidInputException("--item-rows goes with a run or a model; leave it out with a store");
            return ExportStore(terminal, path, file, line.GetValue(json), (store, bars) =>
            {
                if (line.GetValue(format) is null or Sequences) SequenceCsv.Write(store, file, terminal.Cancellation);
                else
                {
                    var request = new TableExportRequest
                    {
                        Store = store,
                        Output = file,
                        Format = line.GetValue(format) == Csv ? TableExportFormat.Csv : TableExportFormat.Parquet,
                        Rows = line.GetValue(tableRows) == Users ? TableExportRows.Users : TableExportRows.Interactions,
                        Titles = line.GetValue(titles),
                    };
                    TableExport.Write(request, bars.Forward<PreparationProgress>((bar, progress) => bar.Report(progress.Stage, progress.Done, progress.Total)), terminal.Cancellation);
                }
            });
        });
        return command;
    }

    private static int ExportStore(Terminal terminal, string path, string output, bool json, Action<SequenceStore, ProgressBars> write)
    {
        using var store = SequenceStore.Open(path);
        ProgressBars.Show(terminal, json, bars =>
        {
            write(store, bars);
            return 0;
        });
        if (json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteString("file", output);
                writer.WriteNumber("users", store.UserCount);
                writer.WriteNumber("interactions", store.InteractionCount);
            });
        }
        else terminal.Say($"{output}: {Tables.Count(store.UserCount)} users, {Tables.Count(store.InteractionCount)} interactions");
        return 0;
    }

    private static int ExportModel(Terminal terminal, string path, string output, ItemRowRule? rule, bool json)
    {
        using ModelArtifact artifact = ModelArtifact.Load(RunDirectory.FindModel(path));
        ItemRows rows = (rule ?? artifact.Manifest.ImportedFrom?.ItemRows) switch
        {
            ItemRowRule.Id => ItemRows.ById(artifact.Items),
            ItemRowRule.Index => ItemRows.ByIndex(artifact.Items.Count),
            _ => ItemRows.Natural(artifact.Items),
        };
        artifact.ExportWeights(output, rows);
        string name = CommonOptions.NameOf(rows.Rule);
        if (json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteString("file", output);
                writer.WriteNumber("tensors", artifact.Model.Parameters.Count);
                writer.WriteString("itemRows", name);
                writer.WriteNumber("tableRows", rows.Count);
                writer.WriteNumber("items", artifact.Items.Count);
            });
        }
        else terminal.Say($"{output}: {artifact.Model.Parameters.Count} tensors; item rows by {name}, {Tables.Count(artifact.Items.Count)} items in {Tables.Count(rows.Count)} rows");
        return 0;
    }
}
