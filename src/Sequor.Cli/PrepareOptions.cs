using System.CommandLine;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary>The options of <c>prepare</c>; which of them apply depends on the source. <c>append</c> takes those of tables.</summary>
internal sealed class PrepareOptions
{
    public Argument<string[]> Source { get; } = new("NAME|FILE")
    {
        Description = $"A data set ({KnownDatasets.Overview}), sasrec, synthetic, fractal, or ratings files of one layout: .csv, .tsv, .dat, .parquet, .jsonl; .gz and .zst of them; patterns such as 'logs/*.csv'.",
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<string?> Path { get; } = Text("--source", "PATH", "Folder, file, archive or web address of a named set, instead of its published place; the store that fractal expands.");

    public Option<string> Output { get; } = new("--out") { Description = "Store to write; it appears whole or not at all.", HelpName = "STORE", Required = true };

    public Option<string?> Name { get; } = Text("--name", "NAME", "Name recorded in the store; the source's own when absent.");

    public Option<string?> User { get; } = Text("--user", "COLUMN", "Column of the user id.");

    public Option<string?> Item { get; } = Text("--item", "COLUMN", "Column of the item id.");

    public Option<string?> Rating { get; } = Text("--rating", "COLUMN", "Column of the rating.");

    public Option<string?> Time { get; } = Text("--time", "COLUMN", "Column of the time: seconds, milli-, micro- or nanoseconds since 1970, or dates.");

    public Option<string?> Order { get; } = Text("--order", "COLUMN", "Column of whole numbers that orders a user's events instead of the time; times beside it must not fall.");

    public Option<string?> Delimiter { get; } = Text("--delimiter", "TEXT", "What separates fields, such as ; or \\t; by the file name and the header when absent.");

    public Option<bool> NoHeader { get; } = new("--no-header") { Description = "No line names the columns: they are called 1, 2, 3, …" };

    public Option<string?> Items { get; } = Text("--items", "FILE", "File of the catalogue with titles; with --item-id a table, else movies.dat or u.item.");

    public Option<string?> ItemId { get; } = Text("--item-id", "COLUMN", "Column of the item id in the items file.");

    public Option<string?> Title { get; } = Text("--title", "COLUMN", "Column of the title in the items file.");

    public Option<string?> ItemAttributes { get; } = Text(
        "--item-attributes", "COLUMN,…", "Columns of the items file that describe items, such as genres,year; | separates the values of a cell.");

    public Option<int?> Users { get; } = CommonOptions.Number<int>("--users", "Users of the synthetic set; 2000 when absent.", 1);

    public Option<int?> ItemsCount { get; } = CommonOptions.Number<int>("--items-count", "Items of the synthetic set; 1000 when absent.", 1);

    public Option<int?> MeanLength { get; } = CommonOptions.Number<int>("--mean-length", "Mean events a user of the synthetic set; 40 when absent.", 1);

    public Option<ulong?> Seed { get; } = CommonOptions.Number<ulong>("--seed", "Seed of a generated set; 42 when absent.", 0);

    public Option<int?> UserFactor { get; } = CommonOptions.Number<int>("--user-factor", "Users that fractal makes of each user; 16 when absent.", 1);

    public Option<int?> ItemFactor { get; } = CommonOptions.Number<int>("--item-factor", "Items that fractal makes of each item; 32 when absent.", 1);

    public FilterOptions Filter { get; } = new();

    public Option<bool> NoVerify { get; } = new("--no-verify") { Description = "Accept a named set whose counts differ from the published ones." };

    public Option<int?> Threads { get; } = CommonOptions.Threads();

    public Option<bool> Json { get; } = CommonOptions.Json();

    public Option[] All =>
    [
        Path, Output, Name, .. Table, .. Filter.All, Users, ItemsCount, MeanLength, Seed, UserFactor, ItemFactor, NoVerify, Threads, Json,
    ];

    /// <summary>Options that say how a table of ratings and its items file are read.</summary>
    public Option[] Table => [User, Item, Rating, Time, Order, Delimiter, NoHeader, Items, ItemId, Title, ItemAttributes];

    /// <summary>Options that every source takes.</summary>
    public Option[] Common => [Output, Name, Threads, Json];

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };
}
