using Microsoft.ML;
using Microsoft.ML.Data;
using Sequor.Data;

/// <summary>Turns ratings of ML.NET, a row a rating, into a store of Sequor, a sequence a user.</summary>
internal static class DataViewStore
{
    /// <summary>Writes a store of all rows.</summary>
    /// <param name="view">The ratings. Columns of user and item are texts, numbers or keys with the values they stand for; rating is a Single, time an Int64.</param>
    /// <param name="path">The store.</param>
    /// <param name="user">Column of the user.</param>
    /// <param name="item">Column of the item.</param>
    /// <param name="rating">Column of the rating, what matrix factorization calls the label.</param>
    /// <param name="time">Column of the time, in seconds: matrix factorization has no use for it, a sequence is nothing without.</param>
    public static void Write(IDataView view, string path, string user, string item, string rating, string time)
    {
        var items = new Dictionary<string, int>();
        var users = new Dictionary<string, List<(int Item, float Rating, long Time)>>();
        DataViewSchema columns = view.Schema;
        using (DataViewRowCursor row = view.GetRowCursor([columns[user], columns[item], columns[rating], columns[time]]))
        {
            Func<string> userId = Text(row, columns[user]), itemId = Text(row, columns[item]);
            ValueGetter<float> ratingOf = row.GetGetter<float>(columns[rating]);
            ValueGetter<long> timeOf = row.GetGetter<long>(columns[time]);
            float stars = 0;
            long seconds = 0;
            while (row.MoveNext())
            {
                ratingOf(ref stars);
                timeOf(ref seconds);
                // Item indices count from 1; 0 is padding.
                string id = itemId(), who = userId();
                if (!items.TryGetValue(id, out int index)) items.Add(id, index = items.Count + 1);
                if (!users.TryGetValue(who, out var events)) users.Add(who, events = []);
                events.Add((index, stars, seconds));
            }
        }

        var about = new SequenceStoreMetadata { Name = Path.GetFileNameWithoutExtension(path), Source = "ML.NET", OrderRule = "events of a user by time, then as they came" };
        using var store = new SequenceStoreWriter(path, about, ItemVocabulary.Create(items.Keys), hasRatings: true, hasTimestamps: true);
        foreach ((string id, var events) in users)
        {
            // A stable order: rows of one second stay as they came.
            var sorted = events.OrderBy(one => one.Time).ToArray();
            store.Add(id, [.. sorted.Select(one => one.Item)], [.. sorted.Select(one => one.Rating)], [.. sorted.Select(one => one.Time)]);
        }

        store.Complete();
    }

    // A key is a number whose meaning stands beside the column: ids are to be those that people know.
    private static Func<string> Text(DataViewRow row, DataViewSchema.Column column)
    {
        switch (column.Type)
        {
            case KeyDataViewType when column.HasKeyValues():
                VBuffer<ReadOnlyMemory<char>> names = default;
                column.GetKeyValues(ref names);
                string[] texts = [.. names.DenseValues().Select(name => name.ToString())];
                ValueGetter<uint> key = row.GetGetter<uint>(column);
                return () =>
                {
                    uint code = 0;
                    key(ref code);
                    return code == 0 ? throw new InvalidDataException($"column {column.Name} has a missing value") : texts[code - 1];
                };
            case TextDataViewType:
                ValueGetter<ReadOnlyMemory<char>> text = row.GetGetter<ReadOnlyMemory<char>>(column);
                return () =>
                {
                    ReadOnlyMemory<char> value = default;
                    text(ref value);
                    return value.ToString();
                };
            default:
                throw new NotSupportedException($"column {column.Name} is {column.Type}; make it a text, or a key by MapValueToKey");
        }
    }
}
