using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sequor.Data;
using Sequor.Preparation.Reading;

namespace Sequor.Preparation.Sets;

/// <summary>
/// The catalogue of a MovieLens set: lines of id, title and genres (<c>movies.dat</c>, <c>movies.csv</c>) or flags of genres (<c>u.item</c>). Attributes:
/// <c>year</c> and <c>decade</c> from a title that ends in a year, and <c>genres</c> where the file has them.
/// </summary>
internal static partial class ItemList
{
    // What stands in place of genres where there are none.
    private const string NoGenres = "(no genres listed)";

    /// <summary>
    /// Reads <c>::</c> files by the name <c>.dat</c>, files with a header and commas by <c>.csv</c> and <c>|</c> files by any other, as GroupLens
    /// writes them. When no encoding is given, <c>.csv</c> is UTF-8 and all else Latin-1.
    /// </summary>
    public static ItemVocabulary ReadMovieLens(string path, Encoding? encoding = null)
    {
        string extension = Path.GetExtension(path);
        encoding ??= extension == ".csv" ? Encoding.UTF8 : Encoding.Latin1;
        if (extension == ".dat") return Read(File.ReadLines(path, encoding), path, "::", line => line.Split("::"), Genres);
        if (extension == ".csv") return Read(File.ReadLines(path, encoding), path, ",", line => CsvLine.Split(line), Genres, headerCount: 1);
        string[] flags = GenreFlags(path);
        return Read(File.ReadLines(path, encoding), path, "|", line => line.Split('|'), Flagged);

        string[] Flagged(string[] fields) =>
            fields.Length < flags.Length + 2 ? [] : [.. flags.Where((_, i) => fields[fields.Length - flags.Length + i] == "1")];
    }

    /// <summary>Values of a cell that <c>|</c> separates.</summary>
    public static string[] Split(string? cell) => (cell ?? "").Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The catalogue of rows in the order that indices follow: numeric when all ids are integers, else ordinal.</summary>
    public static ItemVocabulary Sort(IReadOnlyCollection<ListedItem> rows, bool titled, IReadOnlyList<string> attributeNames)
    {
        bool integers = rows.All(row => row.Id.Length is > 0 and <= 18 && row.Id.All(char.IsAsciiDigit));
        List<ListedItem> sorted = [.. integers
            ? rows.OrderBy(row => long.Parse(row.Id, CultureInfo.InvariantCulture)).ThenBy(row => row.Id, StringComparer.Ordinal)
            : rows.OrderBy(row => row.Id, StringComparer.Ordinal)];
        return ItemVocabulary.Create(
            sorted.ConvertAll(row => row.Id),
            titled ? sorted.ConvertAll(row => row.Title) : null,
            [.. attributeNames.Select((name, index) => CategoricalAttribute.Create(name, sorted.ConvertAll(row => row.Values[index])))]);
    }

    private static string[] Genres(string[] fields) => fields.Length > 2 && fields[2] != NoGenres ? Split(fields[2]) : [];

    private static ItemVocabulary Read(
        IEnumerable<string> lines, string path, string delimiter, Func<string, string[]> split, Func<string[], string[]> genres, int headerCount = 0)
    {
        var rows = new List<ListedItem>();
        int lineNumber = 0;
        foreach (string line in lines)
        {
            if (++lineNumber <= headerCount || line.Length == 0) continue;
            string[] fields = split(line);
            if (fields.Length < 2 || fields[0].Length == 0)
            {
                throw new InvalidInputException($"'{line}' must be an item id and a title separated by '{delimiter}' ({path}:{lineNumber})");
            }

            string year = YearAtEnd().Match(fields[1]).Groups[1].Value;
            rows.Add(new ListedItem(fields[0], fields[1], [genres(fields), Split(year), year.Length == 0 ? [] : [$"{year[..3]}0s"]]));
        }

        string[] names = ["genres", "year", "decade"];
        int[] known = [.. Enumerable.Range(0, names.Length).Where(index => rows.Any(row => row.Values[index].Length > 0))];
        return Sort(
            rows.ConvertAll(row => row with { Values = [.. known.Select(index => row.Values[index])] }), titled: true, [.. known.Select(index => names[index])]);
    }

    // u.genre names the flags that end a line of u.item, in their order: "Action|1".
    private static string[] GenreFlags(string itemsPath)
    {
        string path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(itemsPath))!, "u.genre");
        return File.Exists(path) ? [.. File.ReadLines(path).Select(line => line.Split('|')[0]).Where(name => name.Length > 0)] : [];
    }

    [GeneratedRegex(@"\((\d{4})\)\s*$")]
    private static partial Regex YearAtEnd();
}
