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
                Path = Path,
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
        if (ItemIdColumn is null && TitleColumn is not null)
        {
            throw new InvalidInputException($"the title column '{TitleColumn}' of {ItemsPath} is named without the id column; name both or neither");
        }

        if (ItemIdColumn is null) return ItemList.ReadMovieLens(ItemsPath);
        var table = new TableFile(ItemsPath, null, duck);
        table.Require(ItemIdColumn);
        if (TitleColumn is not null) table.Require(TitleColumn);

        var rows = new List<(string Id, string? Title)>();
        string title = TitleColumn is null ? "NULL" : $"CAST({Sql.Name(TitleColumn)} AS VARCHAR)";
        duck.Read($"SELECT CAST({Sql.Name(ItemIdColumn)} AS VARCHAR), {title} FROM {table.ScanSql()}", reader =>
            rows.Add((reader.IsDBNull(0) ? "" : reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1))));
        return ItemList.Sort(rows, row => row.Id, TitleColumn is null ? null : row => row.Title);
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
