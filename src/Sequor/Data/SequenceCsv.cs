using System.Globalization;
using System.Text;
using Sequor.Storage;

namespace Sequor.Data;

/// <summary>The interchange format <c>sasrec_format.csv</c>: what the reference reads and writes, one row a user.</summary>
public static class SequenceCsv
{
    /// <summary>
    /// Imports a file as a store: users and events in the order of the file. Without <paramref name="items"/> the catalogue is the
    /// distinct item ids, in numeric order when all are integers, else in ordinal order. Columns beyond those of the format become
    /// attributes of the users.
    /// </summary>
    /// <exception cref="InvalidInputException">A row breaks the format, or names an item that the catalogue lacks.</exception>
    public static void ToStore(
        string csvPath, string storePath, string name, ItemVocabulary? items = null, CancellationToken cancellationToken = default)
    {
        items ??= ReadCatalogue(csvPath, cancellationToken);
        using var reader = new SequenceCsvReader(csvPath);
        if (!reader.Read()) throw reader.Invalid("the file has a header but no users");

        var metadata = new SequenceStoreMetadata
        {
            Name = name,
            Source = $"sasrec: {Path.GetFileName(csvPath)}",
            OrderRule = "users and events in the order of the file",
        };
        using var writer = new SequenceStoreWriter(storePath, metadata, items, reader.HasRatings, reader.HasTimestamps);
        var users = new UserAttributeLists(reader);
        int[] indices = [];
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (indices.Length < reader.Length) indices = new int[2 * reader.Length];
            for (int i = 0; i < reader.Length; i++)
            {
                if (!items.TryGetIndex(reader.ItemId(i), out indices[i]))
                {
                    throw reader.Invalid($"item '{reader.ItemId(i)}' is not among the {items.Count:N0} items of the catalogue; give the items file that lists it");
                }
            }

            CheckTimestamps(reader);
            writer.Add(reader.UserId.ToString(), indices.AsSpan(0, reader.Length), reader.Ratings, reader.Timestamps);
            users.Add();
        }
        while (reader.Read());

        writer.UserAttributes = users.ToAttributes();
        writer.Complete();
    }

    /// <summary>
    /// Writes a store in the interchange format. The format knows integers only: ids that are all integers stand as they are, others
    /// as 0-based codes in the order of the store (what the reference does with Amazon's ids). Absent ratings and timestamps are empty.
    /// Attributes of users follow as columns of codes, −1 for none.
    /// </summary>
    /// <exception cref="InvalidInputException">The output cannot be written, or the name of an attribute cannot be that of a column.</exception>
    public static void Write(SequenceStore store, string csvPath, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(csvPath);
        string[] items = Codes(store.Items.Count, index => store.Items.Id(index + 1));
        string[] users = Codes(store.UserCount, store.UserId);

        var attributes = new UserAttributeColumns(store.UserAttributes);

        using var file = AtomicFile.Create(csvPath);
        try
        {
            using var text = new StreamWriter(file.Stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
            text.Write("index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps");
            attributes.WriteHeader(text);
            text.WriteLine();
            for (int user = 0; user < store.UserCount; user++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                UserSequence sequence = store[user];
                text.Write(user);
                text.Write(',');
                text.Write(users[user]);
                text.Write(",\"");
                for (int i = 0; i < sequence.Length; i++)
                {
                    if (i > 0) text.Write(',');
                    text.Write(items[sequence.Items[i] - 1]);
                }

                text.Write('"');
                WriteList(text, sequence.Ratings, wholeSuffix: ".0");
                WriteList(text, sequence.Timestamps, wholeSuffix: "");
                attributes.WriteRow(text, user);
                text.WriteLine();
            }
        }
        catch (IOException error)
        {
            throw PathOnDisk.CannotWrite(csvPath, error);
        }

        file.Commit();
    }

    // Shortest digits that read back exactly; ratings are written 5.0, as pandas does.
    private static void WriteList<T>(StreamWriter text, ReadOnlySpan<T> values, string wholeSuffix)
        where T : ISpanFormattable
    {
        text.Write(',');
        if (values.IsEmpty) return;
        Span<char> buffer = stackalloc char[64];
        text.Write('"');
        for (int i = 0; i < values.Length; i++)
        {
            if (i > 0) text.Write(',');
            values[i].TryFormat(buffer, out int written, default, CultureInfo.InvariantCulture);
            text.Write(buffer[..written]);
            if (buffer[..written].IndexOfAnyExceptInRange('0', '9') < 0) text.Write(wholeSuffix);
        }

        text.Write('"');
    }

    private static ItemVocabulary ReadCatalogue(string csvPath, CancellationToken cancellationToken)
    {
        var ids = new HashSet<string>();
        var known = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        using var reader = new SequenceCsvReader(csvPath);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int i = 0; i < reader.Length; i++) known.Add(reader.ItemId(i));
        }

        string[] sorted = [.. ids];
        Array.Sort(sorted, StringComparer.Ordinal);
        if (Array.TrueForAll(sorted, UserAttributeColumns.IsInteger))
        {
            // Stable, so that '7' and '07', should both occur, stay in ordinal order.
            sorted = [.. sorted.OrderBy(id => long.Parse(id, CultureInfo.InvariantCulture))];
        }

        return ItemVocabulary.Create(sorted);
    }

    private static string[] Codes(int count, Func<int, string> id)
    {
        string[] codes = new string[count];
        bool integers = true;
        for (int row = 0; row < count; row++)
        {
            codes[row] = id(row);
            integers &= UserAttributeColumns.IsInteger(codes[row]);
        }

        for (int row = 0; row < count && !integers; row++) codes[row] = row.ToString(CultureInfo.InvariantCulture);
        return codes;
    }

    private static void CheckTimestamps(SequenceCsvReader reader)
    {
        ReadOnlySpan<long> timestamps = reader.Timestamps;
        for (int i = 1; i < timestamps.Length; i++)
        {
            if (timestamps[i] < timestamps[i - 1])
            {
                throw reader.Invalid($"sequence_timestamps falls from {timestamps[i - 1]} to {timestamps[i]} at place {i + 1}; a sequence goes oldest first");
            }
        }
    }
}
