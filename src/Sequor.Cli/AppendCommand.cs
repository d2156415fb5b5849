using System.CommandLine;
using Sequor.Data;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary><c>sequor append</c>: newer interactions into a store, whose items keep their numbers.</summary>
internal static class AppendCommand
{
    public static Command Create(Terminal terminal)
    {
        var store = new Argument<string>("STORE") { Description = "A store that `sequor prepare` wrote." };
        var files = new Argument<string[]>("FILE")
        {
            Description = "Files of newer interactions, of one layout: .csv, .tsv, .dat, .parquet, .jsonl; .gz and .zst of them; patterns such as 'logs/*.csv'.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string?>("--out") { Description = "Store to write instead of STORE, which stays as it is then.", HelpName = "NEW" };
        var options = new PrepareOptions();
        var command = new Command("append", """
            Adds newer interactions, users and items to a store, so that a model trained before can go on.

            Columns need not be named again where the store was prepared from columns of the same names; a named set (ml-1m) has none.
            Rows that the store has already (user, item and second) are left out. A smallest rating and a first moment that it was prepared
            with hold for new rows too; --min-count, --k-core and --max-users are not applied again. Where items have titles or
            attributes, an items file must list new ones.

            Examples:
              sequor append my.sequor newer.csv
              sequor append my.sequor newer.csv --items movies.csv --item-id movieId --title title --item-attributes genres
              sequor append ml-1m.sequor newer.csv --user user --item movie --rating rating --time time --out newer.sequor
              sequor train configs/ml-1m/hstu.gin --data my.sequor --init-from runs/hstu --out runs/hstu-2
            """) { store, files, output };
        foreach (Option option in (Option[])[.. options.Table, .. options.Filter.OfRows, options.Threads, options.Json]) command.Add(option);
        command.SetAction(line =>
        {
            string path = line.GetRequiredValue(store);
            OutputFile.RequireReplaceable(line.GetValue(output) ?? path);
            PreparationRequest request = options.Filter.Apply(line, new PreparationRequest
            {
                Source = new AppendSource(path, Rows(options, line, path, line.GetRequiredValue(files))),
                Output = line.GetValue(output) ?? path,
                ThreadCount = line.GetValue(options.Threads),
            });
            bool json = line.GetValue(options.Json);
            PreparationSummary summary = PrepareCommand.Prepare(terminal, request, json);
            if (json) PreparationOutput.WriteJson(terminal, summary);
            else PreparationOutput.Draw(terminal, summary);
            return 0;
        });
        return command;
    }

    private static DelimitedRatingsSource Rows(PrepareOptions options, ParseResult line, string path, string[] files)
    {
        using var store = SequenceStore.Open(path);
        string[] paths = [.. files.SelectMany(file => TableSource.Expand(file) ?? throw new InvalidInputException($"'{file}' does not exist; give the path of a file of interactions"))];
        return TableSource.Read(options, line, paths, StoreColumns.Of(store.Metadata), option =>
            new InvalidInputException($"{path} was not prepared from named columns; add {option} COLUMN, see `sequor append --help`"));
    }
}
