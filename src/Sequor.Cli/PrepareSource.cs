using System.CommandLine;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary>Reads from the command line which source <c>prepare</c> takes, and refuses options that this source would not read.</summary>
internal static class PrepareSource
{
    public static DatasetSource Read(PrepareOptions options, ParseResult line)
    {
        string name = line.GetRequiredValue(options.Source);
        string? path = line.GetValue(options.Path);
        switch (name)
        {
            case "synthetic":
                Only(line, options, name, options.Users, options.ItemsCount, options.MeanLength, options.Seed);
                return Synthetic(options, line);
            case "sasrec":
                Only(line, options, name, options.Path, options.Items);
                return new SequenceCsvSource(path ?? throw NeedsPath(name, "sasrec_format.csv"), line.GetValue(options.Items));
            case var _ when KnownDatasets.Names.Contains(name) || (KnownDatasets.Recognises(name) && !File.Exists(name)):
                Only(line, options, name, options.Path, options.NoVerify);
                return Known(name, path, line);
            default:
                return Table(options, line, name);
        }
    }

    private static PublishedSource Known(string name, string? path, ParseResult line)
    {
        PublishedSource source = KnownDatasets.Create(name, path);
        if (source.NeedsDownload)
        {
            line.InvocationConfiguration.Error.WriteLine($"note: {name} is published at {source.HomePage} ({source.Terms}); who downloads it accepts its terms");
        }

        return source;
    }

    private static DelimitedRatingsSource Table(PrepareOptions options, ParseResult line, string file)
    {
        if (!File.Exists(file))
        {
            throw new InvalidInputException(
                $"'{file}' is neither a data set ({KnownDatasets.Overview}, sasrec, synthetic) nor a file; name one of these or the path of a ratings file");
        }

        Only(line, options, file, options.User, options.Item, options.Rating, options.Time, options.Order, options.Delimiter, options.Items, options.ItemId, options.Title,
            options.ItemAttributes);
        if (line.GetValue(options.Items) is null
            && (line.GetValue(options.ItemId) ?? line.GetValue(options.Title) ?? line.GetValue(options.ItemAttributes)) is not null)
        {
            throw new InvalidInputException("--item-id, --title and --item-attributes name columns of the items file; give it with --items FILE");
        }

        return new DelimitedRatingsSource
        {
            Path = file,
            UserColumn = line.GetValue(options.User) ?? throw NeedsColumn(file, "--user"),
            ItemColumn = line.GetValue(options.Item) ?? throw NeedsColumn(file, "--item"),
            RatingColumn = line.GetValue(options.Rating),
            TimeColumn = line.GetValue(options.Time),
            OrderColumn = line.GetValue(options.Order),
            // A shell hands "\t" over as two characters.
            Delimiter = line.GetValue(options.Delimiter) is "\\t" or "tab" ? "\t" : line.GetValue(options.Delimiter),
            ItemsPath = line.GetValue(options.Items),
            ItemIdColumn = line.GetValue(options.ItemId),
            TitleColumn = line.GetValue(options.Title),
            ItemAttributeColumns = (line.GetValue(options.ItemAttributes) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        };
    }

    private static SyntheticSource Synthetic(PrepareOptions options, ParseResult line)
    {
        var defaults = new SyntheticSource();
        return new SyntheticSource
        {
            UserCount = line.GetValue(options.Users) ?? defaults.UserCount,
            ItemCount = line.GetValue(options.ItemsCount) ?? defaults.ItemCount,
            MeanLength = line.GetValue(options.MeanLength) ?? defaults.MeanLength,
            Seed = line.GetValue(options.Seed) ?? defaults.Seed,
        };
    }

    private static void Only(ParseResult line, PrepareOptions options, string source, params ReadOnlySpan<Option> applicable)
    {
        foreach (Option option in options.All)
        {
            if (applicable.Contains(option) || options.Common.Contains(option) || line.GetResult(option) is null or { Implicit: true }) continue;
            throw new InvalidInputException($"{option.Name} does not apply to {source}; leave it out, or see `sequor prepare --help`");
        }
    }

    private static InvalidInputException NeedsPath(string name, string example) =>
        new($"{name} needs the place of its files; add --source PATH, such as --source {example}");

    private static InvalidInputException NeedsColumn(string file, string option) =>
        new($"{file} is a table whose columns have names; add {option} COLUMN, see `sequor prepare --help`");
}
