namespace Sequor.Data;

/// <summary>Gathers what the rows of an interchange file say of their users, until all users are known.</summary>
internal sealed class UserAttributeLists(SequenceCsvReader reader)
{
    private readonly List<string[]>[] valuesOfUsers = [.. reader.UserAttributes.Select(_ => new List<string[]>())];

    // One array for each distinct field: there are few, and users are many.
    private readonly Dictionary<string, string[]> known = new(StringComparer.Ordinal);

    /// <summary>Takes the values of the reader's current row: a code or text, several separated by commas; −1 or nothing for none.</summary>
    public void Add()
    {
        var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int index = 0; index < valuesOfUsers.Length; index++)
        {
            ReadOnlySpan<char> field = reader.UserAttribute(index);
            if (!lookup.TryGetValue(field, out string[]? values))
            {
                values = field is "-1" ? [] : field.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                lookup[field] = values;
            }

            valuesOfUsers[index].Add(values);
        }
    }

    /// <summary>The attributes of the users so far, in the order of the columns; columns without any value are left out.</summary>
    public IReadOnlyList<CategoricalAttribute> ToAttributes() =>
    [
        .. reader.UserAttributes.Zip(valuesOfUsers)
            .Where(column => column.Second.Any(values => values.Length > 0))
            .Select(column => CategoricalAttribute.Create(column.First, column.Second)),
    ];
}
