using DuckDB.NET.Data;
using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>
/// Any table of interactions with named columns: comma, tab or otherwise delimited text with a header line, or Parquet. Without a time
/// and an order column, events stand in file order. The catalogue is every row of the items file when there is one, else the distinct
/// items of the ratings.
/// </summary>
public sealed record DelimitedRatingsSource : DatasetSource
{
    /// <summary>The ratings file; <c>.parquet</c> is read as Parquet, all else as text.</summary>
    public required string Path { get; init; }

    /// <summary>Column of the user id.</summary>
    public required string UserColumn { get; init; }

    /// <summary>Column of the item id.</summary>
    public required string ItemColumn { get; init; }

    /// <summary>Column of the rating; null when there is none.</summary>
    public string? RatingColumn { get; init; }

    /// <summary>Column of the timestamp in whole seconds; null when there is none.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>Column of whole numbers that orders the events of a user instead of the time; null when there is none.</summary>
    public string? OrderColumn { get; init; }

    /// <summary>What separates fields; by the file name when null: tab for <c>.tsv</c>, <c>::</c> for <c>.dat</c>, else comma.</summary>
    public string? Delimiter { get; init; }

    /// <summary>File that lists the catalogue; null to take the items of the ratings.</summary>
    public string? ItemsPath { get; init; }

    /// <summary>
    /// Column of the item id in the items file; null when it has no header and begins with id and title, Latin-1, separated by <c>::</c>
    /// (<c>movies.dat</c>) or <c>|</c> (<c>u.item</c>).
    /// </summary>
    public string? ItemIdColumn { get; init; }

    /// <summary>Column of the title in the items file; null when there is none.</summary>
    public string? TitleColumn { get; init; }

    /// <summary>Columns of the items file that become attributes of the items, under the columns' names; <c>|</c> separates the values of a cell.</summary>
    public IReadOnlyList<string> ItemAttributeColumns { get; init; } = [];

    /// <inheritdoc/>
    public override string DefaultName => System.IO.Path.GetFileNameWithoutExtension(Path);

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        using var duck = new DuckDbSession(request, cancellationToken);
        var ratings = new TableFile(Path, Delimiter, duck);
        foreach (string? column in new[] { UserColumn, ItemColumn, RatingColumn, TimeColumn, OrderColumn })
        {
            if (column is not null) ratings.Require(column);
        }

        return new RatingsImport(request, name, progress, cancellationToken)
        {
            Ratings = new RatingsTable
            {
                Files = [Path],
                Format = ratings.Delimiter is null ? TableFormat.Parquet : TableFormat.Delimited,
                Columns = ratings.Columns,
                Delimiter = ratings.Delimiter,
                HasHeader = true,
                User = UserColumn,
                Item = ItemColumn,
                Rating = RatingColumn,
                Time = TimeColumn,
                Order = OrderColumn,
            },
            Items = ReadItems(duck),
            Source = ItemsPath is null
                ? $"table: {System.IO.Path.GetFileName(Path)}"
                : $"table: {System.IO.Path.GetFileName(Path)}, {System.IO.Path.GetFileName(ItemsPath)}",
            Options = NamedColumns(),
        }.Run();
    }

    private ItemVocabulary? ReadItems(DuckDbSession duck)
    {
        if (ItemsPath is null) return null;
        if (!File.Exists(ItemsPath)) throw new InvalidInputException($"{ItemsPath} does not exist; give the path of the items file");
        if (ItemIdColumn is null && (TitleColumn ?? (ItemAttributeColumns is [var first, ..] ? first : null)) is { } column)
        {
            throw new InvalidInputException($"column '{column}' of {ItemsPath} is named without the id column; name that too, or none");
        }

        if (ItemIdColumn is null) return ItemList.ReadMovieLens(ItemsPath);
        var table = new TableFile(ItemsPath, null, duck);
        table.Require(ItemIdColumn);
        if (TitleColumn is not null) table.Require(TitleColumn);
        foreach (string name in ItemAttributeColumns) table.Require(name);

        var rows = new List<ListedItem>();
        string title = TitleColumn is null ? "NULL" : Text(TitleColumn);
        string columns = string.Join(", ", [Text(ItemIdColumn), title, .. ItemAttributeColumns.Select(Text)]);
        duck.Read($"SELECT {columns} FROM {table.ScanSql()}", reader => rows.Add(new ListedItem(
            Cell(reader, 0) ?? "", Cell(reader, 1), [.. ItemAttributeColumns.Select((_, index) => ItemList.Split(Cell(reader, index + 2)))])));
        return ItemList.Sort(rows, TitleColumn is not null, ItemAttributeColumns);

        static string Text(string column) => $"CAST({Sql.Name(column)} AS VARCHAR)";
        static string? Cell(DuckDBDataReader reader, int index) => reader.IsDBNull(index) ? null : reader.GetString(index);
    }

    private Dictionary<string, string> NamedColumns()
    {
        var options = new Dictionary<string, string> { ["user"] = UserColumn, ["item"] = ItemColumn };
        if (RatingColumn is not null) options["rating"] = RatingColumn;
        if (TimeColumn is not null) options["time"] = TimeColumn;
        if (OrderColumn is not null) options["order"] = OrderColumn;
        return options;
    }
}
