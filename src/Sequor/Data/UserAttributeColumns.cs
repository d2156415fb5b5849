using System.Globalization;

namespace Sequor.Data;

/// <summary>
/// What is known of users as columns of the interchange format: 0-based codes of the distinct values, −1 for none, several as a quoted
/// comma list. Codes follow the numbers when all values are whole numbers, else the ordinal order, as the reference's do.
/// </summary>
internal sealed class UserAttributeColumns
{
    private static readonly string[] Reserved = ["index", "user_id", "sequence_item_ids", "sequence_ratings", "sequence_timestamps"];

    private readonly (CategoricalAttribute Attribute, int[] Ranks)[] columns;

    /// <summary>Ranks the values of the users' attributes.</summary>
    /// <exception cref="InvalidInputException">The name of an attribute cannot be that of a column.</exception>
    public UserAttributeColumns(IReadOnlyList<CategoricalAttribute> attributes)
    {
        foreach (CategoricalAttribute attribute in attributes)
        {
            if (IsReserved(attribute.Name) || attribute.Name.AsSpan().IndexOfAny(",\"\r\n") >= 0)
            {
                throw new InvalidInputException(
                    $"user attribute '{attribute.Name}' cannot be a column of the interchange format, whose names hold no commas or quotes and are not {string.Join(", ", Reserved)}; prepare the data with another name");
            }
        }

        columns = [.. attributes.Select(attribute => (attribute, Ranks(attribute)))];
    }

    /// <summary>Whether the format itself has a column of this name.</summary>
    public static bool IsReserved(string name) => Array.IndexOf(Reserved, name) >= 0;

    /// <summary>Whether the text is a whole number in digits that fits in an int64.</summary>
    public static bool IsInteger(string text) => text.Length is > 0 and <= 18 && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>Appends the names to the header.</summary>
    public void WriteHeader(TextWriter text)
    {
        foreach ((CategoricalAttribute attribute, _) in columns)
        {
            text.Write(',');
            text.Write(attribute.Name);
        }
    }

    /// <summary>Appends a user's codes to the user's row.</summary>
    public void WriteRow(TextWriter text, int user)
    {
        foreach ((CategoricalAttribute attribute, int[] ranks) in columns)
        {
            ReadOnlySpan<int> codes = attribute.CodesAt(user);
            text.Write(',');
            if (codes.IsEmpty) text.Write("-1");
            if (codes.Length > 1) text.Write('"');
            for (int i = 0; i < codes.Length; i++)
            {
                if (i > 0) text.Write(',');
                text.Write(ranks[codes[i]]);
            }

            if (codes.Length > 1) text.Write('"');
        }
    }

    private static int[] Ranks(CategoricalAttribute attribute)
    {
        string[] values = [.. Enumerable.Range(0, attribute.ValueCount).Select(attribute.Value)];
        int[] ranks = [.. Enumerable.Range(0, values.Length)];
        if (!Array.TrueForAll(values, IsInteger)) return ranks;
        // Stable: '7' and '07' stay in ordinal order.
        int rank = 0;
        foreach (int code in Enumerable.Range(0, values.Length).OrderBy(code => long.Parse(values[code], CultureInfo.InvariantCulture))) ranks[code] = rank++;
        return ranks;
    }
}
