using System.Globalization;

namespace Sequor.Data;

/// <summary>
/// Reads <c>sasrec_format.csv</c> row by row: <c>user_id</c> and <c>sequence_item_ids</c>, and where present <c>sequence_ratings</c>
/// and <c>sequence_timestamps</c>, each a quoted comma list, oldest first. <c>index</c> is passed over; further columns (sex, age_group …)
/// describe the user.
/// Whether there are ratings and timestamps is settled by the first row.
/// </summary>
public sealed class SequenceCsvReader : IDisposable
{
    private readonly StreamReader reader;
    private readonly int userColumn;
    private readonly int itemColumn;
    private readonly int ratingColumn;
    private readonly int timestampColumn;
    private readonly int[] userAttributeColumns;
    private readonly List<Range> fields = [];
    private readonly List<Range> itemRanges = [];
    private float[] ratings = [];
    private long[] timestamps = [];
    private string line = "";
    private bool kindsKnown;

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="InvalidInputException">The file is missing or its header lacks a column.</exception>
    public SequenceCsvReader(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
        try
        {
            reader = new StreamReader(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} cannot be read: {error.Message.TrimEnd('.')}; give the path of a sasrec_format.csv", error);
        }

        LineNumber = 1;
        line = reader.ReadLine() ?? "";
        string[] header = line.Split(',', StringSplitOptions.TrimEntries);
        userColumn = Array.IndexOf(header, "user_id");
        itemColumn = Array.IndexOf(header, "sequence_item_ids");
        ratingColumn = Array.IndexOf(header, "sequence_ratings");
        timestampColumn = Array.IndexOf(header, "sequence_timestamps");
        userAttributeColumns = [.. Enumerable.Range(0, header.Length).Where(column => header[column].Length > 0 && !UserAttributeColumns.IsReserved(header[column]))];
        UserAttributes = [.. userAttributeColumns.Select(column => header[column])];
        if (userColumn < 0 || itemColumn < 0)
        {
            reader.Dispose();
            string missing = userColumn < 0 ? "user_id" : "sequence_item_ids";
            throw Invalid($"column '{missing}' is missing from the header '{Shorten(line)}'; the format begins index,user_id,sequence_item_ids,sequence_ratings,sequence_timestamps");
        }
    }

    /// <summary>Names of the columns that describe the user, in the order of the header.</summary>
    public IReadOnlyList<string> UserAttributes { get; }

    /// <summary>The file that is read.</summary>
    public string Path { get; }

    /// <summary>Line of the current row, from 1.</summary>
    public int LineNumber { get; private set; }

    /// <summary>User id of the current row.</summary>
    public ReadOnlySpan<char> UserId => line.AsSpan(fields[userColumn]).Trim();

    /// <summary>Number of events of the current row.</summary>
    public int Length => itemRanges.Count;

    /// <summary>Whether the rows have ratings; known after the first row.</summary>
    public bool HasRatings { get; private set; }

    /// <summary>Whether the rows have timestamps; known after the first row.</summary>
    public bool HasTimestamps { get; private set; }

    /// <summary>Ratings of the current row, shape (Length), float32; empty when there are none.</summary>
    public ReadOnlySpan<float> Ratings => HasRatings ? ratings.AsSpan(0, Length) : [];

    /// <summary>Timestamps of the current row, shape (Length), int64; empty when there are none.</summary>
    public ReadOnlySpan<long> Timestamps => HasTimestamps ? timestamps.AsSpan(0, Length) : [];

    /// <summary>Item id of the current row's event at <paramref name="position"/>.</summary>
    public ReadOnlySpan<char> ItemId(int position) => line.AsSpan(itemRanges[position]);

    /// <summary>The current row's field of <see cref="UserAttributes"/>[<paramref name="index"/>]; empty when the row ends before it.</summary>
    public ReadOnlySpan<char> UserAttribute(int index) =>
        userAttributeColumns[index] < fields.Count ? line.AsSpan(fields[userAttributeColumns[index]]).Trim() : [];

    /// <summary>Advances to the next row; false at the end of the file.</summary>
    /// <exception cref="InvalidInputException">The row breaks the format; the message has file and line.</exception>
    public bool Read()
    {
        do
        {
            if (reader.ReadLine() is not { } next) return false;
            line = next;
            LineNumber++;
        }
        while (line.Length == 0);

        SplitFields();
        if (UserId.IsEmpty) throw Invalid("user_id is empty; every row needs one");
        SplitList(itemColumn, itemRanges);
        if (Length == 0) throw Invalid("sequence_item_ids is empty; a user has at least one event");
        for (int i = 0; i < Length; i++)
        {
            if (ItemId(i).IsEmpty) throw Invalid($"item id {i + 1} of sequence_item_ids is empty; ids stand between single commas");
        }

        if (!kindsKnown)
        {
            HasRatings = IsFilled(ratingColumn);
            HasTimestamps = IsFilled(timestampColumn);
            kindsKnown = true;
        }

        ParseNumbers("sequence_ratings", ratingColumn, HasRatings, ref ratings, "a number such as 4 or 3.5", TryParseRating);
        ParseNumbers("sequence_timestamps", timestampColumn, HasTimestamps, ref timestamps, "a whole number of seconds", TryParseTimestamp);
        return true;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => reader.Dispose();

    /// <summary>The sentence for something wrong in the current row.</summary>
    internal InvalidInputException Invalid(string what) => new($"{what} ({Path}:{LineNumber})");

    private delegate bool TryParse<T>(ReadOnlySpan<char> text, out T value);

    private static bool TryParseRating(ReadOnlySpan<char> text, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);

    private static bool TryParseTimestamp(ReadOnlySpan<char> text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";

    private bool IsFilled(int column) => column >= 0 && !line.AsSpan(fields[column]).Trim().IsEmpty;

    private void ParseNumbers<T>(string name, int column, bool expected, ref T[] values, string rule, TryParse<T> tryParse)
    {
        if (IsFilled(column) != expected)
        {
            throw Invalid(expected
                ? $"{name} is empty here but filled in the first row; fill it in every row or in none"
                : $"{name} is filled here but empty in the first row; fill it in every row or in none");
        }

        if (!expected) return;

        if (values.Length < Length) values = new T[Math.Max(Length, 2 * values.Length)];
        ReadOnlySpan<char> list = line.AsSpan(fields[column]);
        int count = 0;
        foreach (Range range in list.Split(','))
        {
            ReadOnlySpan<char> text = list[range].Trim();
            if (count < Length && !tryParse(text, out values[count])) throw Invalid($"'{text}' at place {count + 1} of {name} must be {rule}");
            count++;
        }

        if (count != Length) throw Invalid($"{name} has {count} values for {Length} items; the lists of a row are equally long");
    }

    private void SplitList(int column, List<Range> ranges)
    {
        ranges.Clear();
        (int start, int length) = fields[column].GetOffsetAndLength(line.Length);
        ReadOnlySpan<char> list = line.AsSpan(start, length);
        if (list.IsWhiteSpace()) return;
        foreach (Range range in list.Split(','))
        {
            int from = range.Start.Value, to = range.End.Value;
            while (from < to && char.IsWhiteSpace(list[from])) from++;
            while (to > from && char.IsWhiteSpace(list[to - 1])) to--;
            ranges.Add((start + from)..(start + to));
        }
    }

    private void SplitFields()
    {
        fields.Clear();
        for (int at = 0; at <= line.Length; at++)
        {
            bool quoted = at < line.Length && line[at] == '"';
            int start = quoted ? at + 1 : at;
            int end = line.IndexOf(quoted ? '"' : ',', start);
            if (quoted && end < 0) throw Invalid($"field {fields.Count + 1} opens a quote that does not close on its line; lists are quoted on one line");
            if (end < 0) end = line.Length;
            fields.Add(start..end);
            at = quoted ? end + 1 : end;
            if (at < line.Length && line[at] != ',') throw Invalid($"text follows the closing quote of field {fields.Count}; fields are separated by commas");
        }

        int needed = Math.Max(Math.Max(userColumn, itemColumn), Math.Max(ratingColumn, timestampColumn)) + 1;
        if (fields.Count < needed) throw Invalid($"the row has {fields.Count} fields where the header needs {needed}");
    }
}
