using DuckDB.NET.Data;
using Sequor.Data;
using Sequor.Preparation.Reading;
using Sequor.Preparation.Sequencing;
using Sequor.Preparation.Sets;

namespace Sequor.Preparation;

/// <summary>
/// Any tables of interactions with named columns: comma, tab or otherwise delimited text, plain, gzip or zstd; Parquet; JSON lines. Without a
/// time and an order column, events stand in file order. The catalogue is every row of the items file when there is one, else the distinct
/// items of the ratings.
/// </summary>
public sealed record DelimitedRatingsSource : DatasetSource
{
    /// <summary>
    /// The ratings files, all of one layout, in the order in which their rows count: <c>.parquet</c> is read as Parquet, <c>.json</c>,
    /// <c>.jsonl</c> and <c>.ndjson</c> as JSON lines, all else as delimited text; <c>.gz</c> and <c>.zst</c> are unpacked as they are read.
    /// </summary>
    public required ValueList<string> Paths { get; init; }

    /// <summary>Column of the user id.</summary>
    public required string UserColumn { get; init; }

    /// <summary>Column of the item id.</summary>
    public required string ItemColumn { get; init; }

    /// <summary>Column of the rating; null when there is none.</summary>
    public string? RatingColumn { get; init; }

    /// <summary>Column of the time, in the unit of <see cref="PreparationRequest.TimeUnit"/>; null when there is none.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>Column of whole numbers that orders the events of a user instead of the time; null when there is none.</summary>
    public string? OrderColumn { get; init; }

    /// <summary>What separates fields; null to go by the file name (tab for <c>.tsv</c>, <c>::</c> for <c>.dat</c>, else comma) and the header.</summary>
    public string? Delimiter { get; init; }

    /// <summary>Whether the first line of each text file names the columns; otherwise columns are named 1, 2, 3, …</summary>
    public bool HasHeader { get; init; } = true;

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
    public ValueList<string> ItemAttributeColumns { get; init; } = [];

    internal override bool HasRows => true;

    internal override IEnumerable<string> InputFiles => ItemsPath is null ? Paths : [.. Paths, ItemsPath];

    /// <inheritdoc/>
    public override string DefaultName => Path.GetFileNameWithoutExtension(Paths[0]);

    internal override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        using var duck = new DuckDbSession(request, cancellationToken);
        if (UserColumn == ItemColumn) throw new InvalidInputException($"column '{UserColumn}' cannot be both user and item; name two columns");
        TableFile ratings = OpenRatings(duck);
        string files = string.Join(", ", Paths.Select(Path.GetFileName));
        return new RatingsImport(request, name, progress, cancellationToken)
        {
            Ratings = Columns(ratings),
            Items = ReadItems(duck),
            Source = ItemsPath is null ? $"table: {files}" : $"table: {files}, {Path.GetFileName(ItemsPath)}",
            Options = new StoreColumns { User = UserColumn, Item = ItemColumn, Rating = RatingColumn, Time = TimeColumn, Order = OrderColumn }.ToOptions(),
            Findings = ratings.IsDelimiterFound ? [$"fields are separated by {TableFile.Name(ratings.Delimiter!)}"] : [],
        }.Run();
    }

    /// <summary>The ratings files, their columns checked.</summary>
    internal TableFile OpenRatings(DuckDbSession duck) =>
        new(Paths, Delimiter, HasHeader, [.. new[] { UserColumn, ItemColumn, RatingColumn, TimeColumn, OrderColumn }.OfType<string>()], duck);

    /// <summary>The ratings files with what their columns mean.</summary>
    internal RatingsTable Columns(TableFile ratings) => ratings.ToTable(UserColumn, ItemColumn) with { Rating = RatingColumn, Time = TimeColumn, Order = OrderColumn };

    /// <summary>The catalogue of the items file; null when there is none.</summary>
    internal ItemVocabulary? ReadItems(DuckDbSession duck)
    {
        if (ItemsPath is null) return null;
        if (!File.Exists(ItemsPath)) throw new InvalidInputException($"{ItemsPath} does not exist; give the path of the items file");
        if (ItemIdColumn is null && (TitleColumn ?? (ItemAttributeColumns is [var first, ..] ? first : null)) is { } column)
        {
            throw new InvalidInputException($"column '{column}' of {ItemsPath} is named without the id column; name that too, or none");
        }

        GzipCheck.Run([ItemsPath], CancellationToken.None);
        if (GzipCheck.HasManyMembers(ItemsPath, CancellationToken.None)) throw new InvalidInputException($"{ItemsPath} is a gzip file of many members, which is not read whole; unpack it first (gunzip)");
        if (ItemIdColumn is null) return ItemList.ReadMovieLens(ItemsPath);
        var table = new TableFile([ItemsPath], null, hasHeader: true, [ItemIdColumn, .. TitleColumn is null ? [] : new[] { TitleColumn }, .. ItemAttributeColumns], duck);

        var rows = new List<ListedItem>();
        string title = TitleColumn is null ? "NULL" : Text(TitleColumn);
        string columns = string.Join(", ", [Text(ItemIdColumn), title, .. ItemAttributeColumns.Select(Text)]);
        duck.Read($"SELECT {columns} FROM {table.ToTable(ItemIdColumn, TitleColumn ?? ItemIdColumn).ScanSql()}", reader => rows.Add(new ListedItem(
            Cell(reader, 0) ?? "", Cell(reader, 1), [.. ItemAttributeColumns.Select((_, index) => ItemList.Split(Cell(reader, index + 2)))])));
        return ItemList.Sort(rows, TitleColumn is not null, ItemAttributeColumns);

        static string Text(string column) => $"CAST({Sql.Name(column)} AS VARCHAR)";
        static string? Cell(DuckDBDataReader reader, int index) => reader.IsDBNull(index) ? null : reader.GetString(index);
    }
}
