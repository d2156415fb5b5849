using System.Globalization;
using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>
/// From a table of ratings to a store: DuckDB reads, checks and sorts; the sequences are cut here, user by user. Order is
/// (time or order column, file order) always, because half of MovieLens' neighbouring ratings share a second.
/// </summary>
internal sealed class RatingsImport(
    PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
{
    private const string Integer = "'[0-9]{1,18}'";

    /// <summary>The ratings.</summary>
    public required RatingsTable Ratings { get; init; }

    /// <summary>The catalogue, or null to take the distinct items of the ratings.</summary>
    public ItemVocabulary? Items { get; init; }

    /// <summary>The source in words.</summary>
    public required string Source { get; init; }

    /// <summary>Options that shaped the data, for the store's metadata.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Rows that a user and an item must have when the request does not say; 0 for none.</summary>
    public int DefaultMinimumCount { get; init; }

    /// <summary>Counts that the request may check.</summary>
    public PublishedCounts? Published { get; init; }

    /// <summary>Writes the store; returns the number of rows read.</summary>
    public long Run()
    {
        using var duck = new DuckDbSession(request, cancellationToken);
        progress?.Report(new PreparationProgress("reading", 0, null));
        duck.Run($"CREATE TABLE raw AS SELECT {SelectList()} FROM {Ratings.ScanSql()}");
        long rowCount = Convert.ToInt64(duck.Scalar("SELECT count(*) FROM raw"), CultureInfo.InvariantCulture);
        if (rowCount == 0) throw new InvalidInputException($"{Ratings.Files[0]} has no ratings; give a file with at least one row");

        progress?.Report(new PreparationProgress("checking", 0, rowCount));
        CheckRows(duck);
        ItemVocabulary items = Items ?? Distinct(duck);
        List<string> users = ReadUsers(duck);
        if (request.Verify) Published?.Check(name, rowCount, users.Count, items.Count);
        LinkItems(duck, items);
        WriteStore(duck, items, users, rowCount);
        return rowCount;
    }

    private string SelectList()
    {
        var list = new List<string> { Text(Ratings.User, "user_id"), Text(Ratings.Item, "item_id") };
        if (Ratings.Rating is { } rating) list.Add(Text(rating, "rating"));
        if (Ratings.Time is { } time) list.Add(Text(time, "time"));
        if (Ratings.Order is { } order) list.Add(Text(order, "position"));
        return string.Join(", ", list);

        static string Text(string column, string name) => $"CAST({Sql.Name(column)} AS VARCHAR) AS {name}";
    }

    private void CheckRows(DuckDbSession duck)
    {
        CheckColumn(duck, Ratings.User, "user_id", "coalesce(user_id, '') = ''", "must not be empty");
        CheckColumn(duck, Ratings.Item, "item_id", "coalesce(item_id, '') = ''", "must not be empty");
        if (Ratings.Rating is { } rating)
        {
            CheckColumn(duck, rating, "rating", "NOT coalesce(isfinite(TRY_CAST(rating AS FLOAT)), false)", "must be a number such as 4 or 3.5");
        }

        // A cast alone would round 1.5 to 2; whole numbers are written in digits.
        if (Ratings.Time is { } time) CheckColumn(duck, time, "time", NotWhole("time"), "must be a whole number of seconds since 1970");
        if (Ratings.Order is { } order) CheckColumn(duck, order, "position", NotWhole("position"), "must be a whole number");

        static string NotWhole(string column) =>
            $"NOT coalesce(regexp_full_match({column}, '-?[0-9]+') AND TRY_CAST({column} AS BIGINT) IS NOT NULL, false)";
    }

    private void CheckColumn(DuckDbSession duck, string column, string name, string broken, string rule) =>
        duck.Read($"SELECT rowid, {name} FROM raw WHERE {broken} ORDER BY rowid LIMIT 1", reader =>
        {
            string value = reader.IsDBNull(1) ? "" : reader.GetString(1);
            throw new InvalidInputException(
                $"column '{column}' = '{value}' {rule}; mend the row or name another column {Where(reader.GetInt64(0))}");
        });

    private string Where(long row) => Ratings.Delimiter is null
        ? string.Create(CultureInfo.InvariantCulture, $"({Ratings.Files[0]}, row {row + 1})")
        : string.Create(CultureInfo.InvariantCulture, $"({Ratings.Files[0]}:{SourceLine.Of(Ratings, row)})");

    private static ItemVocabulary Distinct(DuckDbSession duck)
    {
        var ids = new List<string>();
        duck.Read($"SELECT item_id FROM raw GROUP BY item_id ORDER BY {IdOrder("item_id", "raw", duck)}", reader => ids.Add(reader.GetString(0)));
        return ItemVocabulary.Create(ids);
    }

    private static List<string> ReadUsers(DuckDbSession duck)
    {
        var users = new List<string>();
        duck.Run($"CREATE TABLE users AS SELECT user_id, row_number() OVER (ORDER BY {IdOrder("user_id", "raw", duck)}) - 1 AS code FROM (SELECT DISTINCT user_id FROM raw)");
        duck.Read("SELECT user_id FROM users ORDER BY code", reader => users.Add(reader.GetString(0)));
        return users;
    }

    // Numeric when every id is an integer, else the byte order of the strings.
    private static string IdOrder(string column, string table, DuckDbSession duck) =>
        duck.Scalar($"SELECT bool_and(regexp_full_match({column}, {Integer})) FROM {table}") is true ? $"CAST({column} AS BIGINT), {column}" : column;

    private void LinkItems(DuckDbSession duck, ItemVocabulary items)
    {
        duck.Run("CREATE TABLE items (item_id VARCHAR, item INTEGER)");
        duck.Append("items", items.Count, (row, appender) => appender.AppendValue(items.Id(row + 1)).AppendValue(row + 1));
        duck.Read("SELECT rowid, item_id FROM raw WHERE item_id NOT IN (SELECT item_id FROM items) ORDER BY rowid LIMIT 1", reader =>
            throw new InvalidInputException(
                $"item '{reader.GetString(1)}' is rated but not among the {items.Count:N0} items of the items file; list it there {Where(reader.GetInt64(0))}"));
    }

    private void WriteStore(DuckDbSession duck, ItemVocabulary items, List<string> users, long rowCount)
    {
        progress?.Report(new PreparationProgress("sorting", 0, rowCount));
        using var writer = new SequenceStoreWriter(
            request.Output, Metadata(), items, hasRatings: Ratings.Rating is not null, hasTimestamps: Ratings.Time is not null);
        var sequence = new SequenceBuffer();
        int current = -1;
        long done = 0;
        duck.Read(SortedSql(), reader =>
        {
            int user = reader.GetInt32(0);
            if (user != current)
            {
                Flush();
                current = user;
            }

            sequence.Add(reader.GetInt32(1), reader.GetFloat(2), reader.GetInt64(3));
            if ((++done & 0xFFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report(new PreparationProgress("writing", done, rowCount));
            }
        });
        Flush();
        cancellationToken.ThrowIfCancellationRequested();
        writer.Complete();
        progress?.Report(new PreparationProgress("writing", rowCount, rowCount));

        void Flush()
        {
            if (current < 0) return;
            writer.Add(users[current], sequence.Items, Ratings.Rating is null ? [] : sequence.Ratings, Ratings.Time is null ? [] : sequence.Timestamps);
            sequence.Clear();
        }
    }

    private string SortedSql()
    {
        string rating = Ratings.Rating is null ? "0::FLOAT" : "CAST(raw.rating AS FLOAT)";
        string time = Ratings.Time is null ? "0::BIGINT" : "CAST(raw.time AS BIGINT)";
        string key = Ratings.Order is not null ? "CAST(raw.position AS BIGINT), " : Ratings.Time is not null ? "CAST(raw.time AS BIGINT), " : "";
        return $"SELECT CAST(users.code AS INTEGER), items.item, {rating}, {time} "
            + $"FROM raw JOIN users USING (user_id) JOIN items USING (item_id) ORDER BY users.code, {key}raw.rowid";
    }

    private SequenceStoreMetadata Metadata()
    {
        string key = Ratings.Order ?? Ratings.Time ?? "";
        return new SequenceStoreMetadata
        {
            Name = name,
            Source = Source,
            OrderRule = key.Length == 0 ? "events of a user in file order" : $"events of a user by ({key}, file order)",
            Options = Options,
        };
    }
}
