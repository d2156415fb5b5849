using System.Collections;
using DuckDB.NET.Data;
using DuckDB.NET.Data.DataChunk.Writer;
using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>The rows of an export as a table function of DuckDB: a cursor over the store, of which each column reads its own value.</summary>
internal sealed class ExportedRows : IEnumerable
{
    private readonly TableExportRequest request;
    private readonly IProgress<PreparationProgress>? progress;
    private readonly CancellationToken cancellationToken;
    private readonly SequenceStore store;
    private readonly List<ExportedColumn> columns;

    // Ids are written once an event; as strings they are decoded once an item.
    private readonly string?[] itemIds;
    private readonly string?[] titles;

    /// <summary>Chooses the columns: those that the store has.</summary>
    public ExportedRows(TableExportRequest request, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        this.request = request;
        this.progress = progress;
        this.cancellationToken = cancellationToken;
        store = request.Store;
        itemIds = new string?[store.Items.Count + 1];
        titles = new string?[store.Items.Count + 1];
        columns = request.Rows == TableExportRows.Users ? UserColumns() : InteractionColumns();
    }

    /// <summary>What went wrong while a row was made; DuckDB tells only its own words.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>User of the current row.</summary>
    private int User { get; set; }

    /// <summary>Id of the user of the current row.</summary>
    private string UserId { get; set; } = "";

    /// <summary>Place of the current event in its user's sequence.</summary>
    private int Position { get; set; }

    /// <summary>Makes the rows available as a table function without parameters.</summary>
    public void Register(DuckDBConnection connection, string name)
    {
#pragma warning disable DuckDBNET001 // Experimental in DuckDB.NET; the round trip is a test.
        connection.RegisterTableFunction(
            name,
            () => new TableFunction([.. columns.Select(column => new ColumnInfo(column.Name, column.Type))], this),
            (_, writers, row) =>
            {
                for (int column = 0; column < columns.Count; column++) columns[column].Write(writers[column], row);
            });
#pragma warning restore DuckDBNET001
    }

    /// <summary>One object again and again: the cursor itself moves.</summary>
    public IEnumerator GetEnumerator()
    {
        long done = 0;
        for (int user = 0; user < store.UserCount; user++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = LengthOf(user);
            (User, UserId) = (user, store.UserId(user));
            if (request.Rows == TableExportRows.Users) yield return this;
            else
            {
                for (int position = 0; position < length; position++)
                {
                    Position = position;
                    yield return this;
                }
            }

            done += length;
            if ((user & 0xFFF) == 0) progress?.Report(new PreparationProgress("writing", done, store.InteractionCount));
        }
    }

    private List<ExportedColumn> InteractionColumns()
    {
        var list = new List<ExportedColumn>
        {
            new("user_id", typeof(string), (writer, row) => writer.WriteValue(UserId, row)),
            new("item_id", typeof(string), (writer, row) => writer.WriteValue(ItemId(store[User].Items[Position]), row)),
        };
        if (store.HasRatings) list.Add(new("rating", typeof(float), (writer, row) => writer.WriteValue(store[User].Ratings[Position], row)));
        if (store.HasTimestamps) list.Add(new("timestamp", typeof(long), (writer, row) => writer.WriteValue(store[User].Timestamps[Position], row)));
        if (request.Titles) list.Add(new("title", typeof(string), (writer, row) => WriteTitle(writer, row, store[User].Items[Position])));
        return list;
    }

    private List<ExportedColumn> UserColumns()
    {
        var list = new List<ExportedColumn>
        {
            new("user_id", typeof(string), (writer, row) => writer.WriteValue(UserId, row)),
            new("item_ids", typeof(List<string>), (writer, row) => writer.WriteValue(ItemIds(), row)),
        };
        if (store.HasRatings) list.Add(new("ratings", typeof(List<float>), (writer, row) => writer.WriteValue(new List<float>(store[User].Ratings.ToArray()), row)));
        if (store.HasTimestamps) list.Add(new("timestamps", typeof(List<long>), (writer, row) => writer.WriteValue(new List<long>(store[User].Timestamps.ToArray()), row)));
        return list;
    }

    private void WriteTitle(IDuckDBDataWriter writer, ulong row, int item)
    {
        string title = titles[item] ??= store.Items.Title(item) ?? "";
        if (title.Length == 0) writer.WriteNull(row);
        else writer.WriteValue(title, row);
    }

    private List<string> ItemIds()
    {
        ReadOnlySpan<int> items = store[User].Items;
        var ids = new List<string>(items.Length);
        foreach (int item in items) ids.Add(ItemId(item));
        return ids;
    }

    private string ItemId(int item) => itemIds[item] ??= store.Items.Id(item);

    private int LengthOf(int user)
    {
        try
        {
            return store[user].Length;
        }
        catch (InvalidInputException error)
        {
            Failure = error;
            throw;
        }
    }
}

/// <summary>One column of an export.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="Write">Writes the value of the cursor's row at a place of DuckDB's vector.</param>
internal sealed record ExportedColumn(string Name, Type Type, Action<IDuckDBDataWriter, ulong> Write);
