using System.CommandLine;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary>Reads from the command line how a table of ratings and its items file are to be read.</summary>
internal static class TableSource
{
    /// <summary>The source that the line describes.</summary>
    /// <param name="options">The options.</param>
    /// <param name="line">What was typed.</param>
    /// <param name="paths">The ratings files.</param>
    /// <param name="defaults">Columns that need not be named.</param>
    /// <param name="needsColumn">What to say when the column of an option is not known.</param>
    public static DelimitedRatingsSource Read(
        PrepareOptions options, ParseResult line, string[] paths, StoreColumns defaults, Func<string, InvalidInputException> needsColumn)
    {
        if (line.GetValue(options.Items) is null
            && (line.GetValue(options.ItemId) ?? line.GetValue(options.Title) ?? line.GetValue(options.ItemAttributes)) is not null)
        {
            throw new InvalidInputException("--item-id, --title and --item-attributes name columns of the items file; give it with --items FILE");
        }

        return new DelimitedRatingsSource
        {
            Paths = [.. paths],
            HasHeader = !line.GetValue(options.NoHeader),
            UserColumn = line.GetValue(options.User) ?? defaults.User ?? throw needsColumn("--user"),
            ItemColumn = line.GetValue(options.Item) ?? defaults.Item ?? throw needsColumn("--item"),
            RatingColumn = line.GetValue(options.Rating) ?? defaults.Rating,
            TimeColumn = line.GetValue(options.Time) ?? defaults.Time,
            OrderColumn = line.GetValue(options.Order) ?? defaults.Order,
            // A shell hands "\t" over as two characters.
            Delimiter = line.GetValue(options.Delimiter) is "\\t" or "tab" ? "\t" : line.GetValue(options.Delimiter),
            ItemsPath = line.GetValue(options.Items),
            ItemIdColumn = line.GetValue(options.ItemId),
            TitleColumn = line.GetValue(options.Title),
            ItemAttributeColumns = [.. (line.GetValue(options.ItemAttributes) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
        };
    }

    /// <summary>A file itself, or the files of a pattern in ordinal order: the same rows in the same order on every machine. Null when there is none.</summary>
    public static string[]? Expand(string source)
    {
        if (File.Exists(source)) return [source];
        string folder = Path.GetDirectoryName(source) is { Length: > 0 } named ? named : ".";
        if (!Path.GetFileName(source).AsSpan().ContainsAny('*', '?') || !Directory.Exists(folder)) return null;
        string[] found = Directory.GetFiles(folder, Path.GetFileName(source));
        Array.Sort(found, StringComparer.Ordinal);
        return found.Length == 0 ? null : [.. found.Select(path => folder == "." && !source.StartsWith('.') ? Path.GetFileName(path) : path)];
    }
}
