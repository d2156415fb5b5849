using System.CommandLine;
using Sequor.Data;

namespace Sequor.Cli;

/// <summary><c>sequor export</c>: a store as the reference's interchange file.</summary>
internal static class ExportCommand
{
    public static Command Create(Terminal terminal)
    {
        var store = new Argument<string>("STORE") { Description = "A store that `sequor prepare` wrote." };
        Option<string> format = new Option<string>("--format") { Description = "Format of the file.", HelpName = "sasrec", DefaultValueFactory = _ => "sasrec" };
        format.AcceptOnlyFromAmong("sasrec");
        var output = new Option<string>("--out") { Description = "File to write; it appears whole or not at all.", HelpName = "FILE", Required = true };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("export", """
            Writes a store as sasrec_format.csv, which the PyTorch reference reads.

            Example:
              sequor export ml-1m.sequor --format sasrec --out sasrec_format.csv
            """) { store, format, output, json };
        command.SetAction(result => Run(terminal, result.GetRequiredValue(store), result.GetRequiredValue(output), result.GetValue(json)));
        return command;
    }

    private static int Run(Terminal terminal, string storePath, string output, bool json)
    {
        OutputFile.RequireReplaceable(output);
        using var store = SequenceStore.Open(storePath);
        SequenceCsv.Write(store, output, terminal.Cancellation);
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
}
