namespace Sequor.Preparation.Reading;

/// <summary>
/// Interactions with coded ids, a row each in the order of the source: columns on disk, ids in memory. Users and items are numbered in the
/// order in which they first appear.
/// </summary>
internal sealed class Interactions(string folder, bool hasRatings, bool hasTimes, bool hasOrder) : IDisposable
{
    private readonly int[] userCodes = new int[Utf8Dictionary.BatchSize], itemCodes = new int[Utf8Dictionary.BatchSize];

    /// <summary>User codes.</summary>
    public ColumnSpool<int> Users { get; } = new(folder);

    /// <summary>Item codes.</summary>
    public ColumnSpool<int> Items { get; } = new(folder);

    /// <summary>Ratings; null when there are none.</summary>
    public ColumnSpool<float>? Ratings { get; } = hasRatings ? new(folder) : null;

    /// <summary>Microseconds since 1970; null when there are no times.</summary>
    public ColumnSpool<long>? Times { get; } = hasTimes ? new(folder) : null;

    /// <summary>Numbers that order the events of a user instead of the time; null when there are none.</summary>
    public ColumnSpool<long>? Order { get; } = hasOrder ? new(folder) : null;

    /// <summary>Ids of the users.</summary>
    public Utf8Dictionary UserIds { get; } = new();

    /// <summary>Ids of the items.</summary>
    public Utf8Dictionary ItemIds { get; } = new();

    /// <summary>Row of the source, from 0, in which each item first appears.</summary>
    public List<long> FirstRows { get; } = [];

    /// <summary>Number of rows.</summary>
    public long RowCount { get; set; }

    /// <summary>Codes and appends the users of a batch.</summary>
    public void AddUsers(InteractionBatch batch)
    {
        UserIds.Code(batch.Users.AsSpan(0, batch.Count), userCodes);
        Users.Append(userCodes.AsSpan(0, batch.Count));
    }

    /// <summary>Codes and appends the items of a batch, and appends all else; on one thread, which may be another than that of the users.</summary>
    public void AddItems(InteractionBatch batch)
    {
        ItemIds.Code(batch.Items.AsSpan(0, batch.Count), itemCodes);
        for (int i = 0; i < batch.Count; i++)
        {
            if (itemCodes[i] == FirstRows.Count) FirstRows.Add(batch.Rows[i]);
        }

        Items.Append(itemCodes.AsSpan(0, batch.Count));
        Ratings?.Append(batch.Ratings.AsSpan(0, batch.Count));
        Times?.Append(batch.Times.AsSpan(0, batch.Count));
        Order?.Append(batch.Order.AsSpan(0, batch.Count));
    }

    /// <summary>Calls <paramref name="row"/> with the row's number, user code and item code, for every row.</summary>
    public void ForEach(Action<long, int, int> row)
    {
        Users.Rewind();
        Items.Rewind();
        for (long first = 0; ;)
        {
            ReadOnlySpan<int> users = Users.Read(), items = Items.Read();
            if (users.IsEmpty) return;
            for (int i = 0; i < users.Length; i++) row(first + i, users[i], items[i]);
            first += users.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Users.Dispose();
        Items.Dispose();
        Ratings?.Dispose();
        Times?.Dispose();
        Order?.Dispose();
        UserIds.Dispose();
        ItemIds.Dispose();
    }
}
