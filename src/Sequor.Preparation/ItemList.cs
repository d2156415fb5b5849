using System.Globalization;
using System.Text;
using Sequor.Data;

namespace Sequor.Preparation;

/// <summary>The catalogue from a file without header whose first two fields are id and title (<c>movies.dat</c>, <c>u.item</c>).</summary>
internal static class ItemList
{
    /// <summary>Reads <c>::</c> files by the name <c>.dat</c> and <c>|</c> files by any other, Latin-1, as GroupLens writes them.</summary>
    public static ItemVocabulary ReadMovieLens(string path) =>
        ReadDelimited(path, Path.GetExtension(path) == ".dat" ? "::" : "|", Encoding.Latin1);

    /// <summary>Reads all rows; the catalogue is in numeric order of the ids when all are integers, else in ordinal order.</summary>
    public static ItemVocabulary ReadDelimited(string path, string delimiter, Encoding encoding)
    {
        var rows = new List<(string Id, string Title)>();
        int lineNumber = 0;
        foreach (string line in File.ReadLines(path, encoding))
        {
            lineNumber++;
            if (line.Length == 0) continue;
            string[] fields = line.Split(delimiter, 3);
            if (fields.Length < 2 || fields[0].Length == 0)
            {
                throw new InvalidInputException($"'{line}' must be an item id and a title separated by '{delimiter}' ({path}:{lineNumber})");
            }

            rows.Add((fields[0], fields[1]));
        }

        return Sort(rows, row => row.Id, row => row.Title);
    }

    /// <summary>The catalogue of (id, title) rows in the order that indices follow.</summary>
    public static ItemVocabulary Sort<T>(IReadOnlyCollection<T> rows, Func<T, string> id, Func<T, string?>? title)
    {
        bool integers = rows.All(row => id(row).Length is > 0 and <= 18 && id(row).All(char.IsAsciiDigit));
        List<T> sorted = [.. integers
            ? rows.OrderBy(row => long.Parse(id(row), CultureInfo.InvariantCulture)).ThenBy(id, StringComparer.Ordinal)
            : rows.OrderBy(id, StringComparer.Ordinal)];
        return ItemVocabulary.Create(sorted.ConvertAll(row => id(row)), title is null ? null : sorted.ConvertAll(row => title(row)));
    }
}
