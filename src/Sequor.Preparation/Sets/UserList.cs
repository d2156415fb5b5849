using System.Text;
using Sequor.Data;

namespace Sequor.Preparation.Sets;

/// <summary>
/// Reads users files as MovieLens publishes them: <c>users.dat</c> (id, sex, age group, occupation, zip code) and <c>u.user</c> (id, age,
/// sex, occupation, zip code).
/// </summary>
internal sealed class UserList
{
    private readonly Dictionary<string, string[]> rows = new(StringComparer.Ordinal);
    private readonly string[] names;

    private UserList(string[] names) => this.names = names;

    /// <summary>Reads <c>::</c> files by the name <c>.dat</c> and <c>|</c> files by any other, Latin-1, as GroupLens writes them.</summary>
    /// <exception cref="InvalidInputException">A line lacks a field, or names a user again.</exception>
    public static UserList ReadMovieLens(string path)
    {
        bool isDat = Path.GetExtension(path) == ".dat";
        string delimiter = isDat ? "::" : "|";
        var list = new UserList(isDat ? ["sex", "age_group", "occupation", "zip_code"] : ["age", "sex", "occupation", "zip_code"]);
        int lineNumber = 0;
        foreach (string line in File.ReadLines(path, Encoding.Latin1))
        {
            lineNumber++;
            if (line.Length == 0) continue;
            string[] fields = line.Split(delimiter, StringSplitOptions.TrimEntries);
            if (fields.Length != 1 + list.names.Length || fields[0].Length == 0)
            {
                throw new InvalidInputException($"'{line}' must be a user id and {string.Join(", ", list.names)}, separated by '{delimiter}' ({path}:{lineNumber})");
            }

            if (!list.rows.TryAdd(fields[0], fields[1..])) throw new InvalidInputException($"user '{fields[0]}' stands twice; list every user once ({path}:{lineNumber})");
        }

        return list;
    }

    /// <summary>The attributes of users in the order of their ids; a user whom the file does not list, or a blank field, has no value.</summary>
    public IReadOnlyList<CategoricalAttribute> AttributesOf(IReadOnlyCollection<string> userIds) =>
    [
        .. names.Select((name, index) => CategoricalAttribute.Create(
            name, [.. userIds.Select(id => rows.TryGetValue(id, out string[]? row) && row[index].Length > 0 ? (string[])[row[index]] : [])])),
    ];
}
