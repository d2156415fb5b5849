using System.CommandLine;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary>Reads from the command line which source <c>prepare</c> takes, and refuses options that this source would not read.</summary>
internal static class PrepareSource
{
    public static DatasetSource Read(Terminal terminal, PrepareOptions options, ParseResult line)
    {
        string[] sources = line.GetRequiredValue(options.Source);
        // Names of data sets are written in small letters; amzn-Books means the same.
        string name = KnownDatasets.Names.Contains(sources[0].ToLowerInvariant()) && !File.Exists(sources[0]) ? sources[0].ToLowerInvariant() : sources[0];
        bool isKnown = KnownDatasets.Names.Contains(name) || (KnownDatasets.Recognises(name) && !File.Exists(name));
        bool isSet = isKnown || name is "synthetic" or "sasrec" or "fractal";
        if (isSet && sources.Length > 1) throw new InvalidInputException($"'{sources[1]}' follows the data set {name}; name one data set, or files alone");
        string? path = line.GetValue(options.Path);
        switch (name)
        {
            case "synthetic":
                Only(line, options, name, options.Users, options.ItemsCount, options.MeanLength, options.Seed);
                return Synthetic(options, line);
            case "fractal":
                Only(line, options, name, options.Path, options.UserFactor, options.ItemFactor, options.Seed);
                return Fractal(options, line, path ?? throw NeedsPath(name, "ml-20m.sequor"));
            case "sasrec":
                Only(line, options, name, options.Path, options.Items);
                return new SequenceCsvSource(path ?? throw NeedsPath(name, "sasrec_format.csv"), line.GetValue(options.Items));
            case var _ when isKnown:
                Only(line, options, name, [options.Path, options.NoVerify, .. options.Filter.All]);
                return Known(terminal, name, path);
            default:
                return Table(options, line, sources);
        }
    }

    private static PublishedSource Known(Terminal terminal, string name, string? path)
    {
        PublishedSource source = KnownDatasets.Create(name, path);
        if (source.NeedsDownload) terminal.Notice($"{name} is published at {source.HomePage} ({source.Terms}); who downloads it accepts its terms");
        return source;
    }

    private static DelimitedRatingsSource Table(PrepareOptions options, ParseResult line, string[] sources)
    {
        string[] paths = [.. sources.SelectMany(source => TableSource.Expand(source) ?? throw NoSource(source))];
        Only(line, options, sources[0], [.. options.Table, .. options.Filter.All]);
        return TableSource.Read(options, line, paths, new StoreColumns(), option =>
            new InvalidInputException($"{sources[0]} is a table whose columns have names; add {option} COLUMN, see `sequor prepare --help`"));
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

    private static FractalSource Fractal(PrepareOptions options, ParseResult line, string store)
    {
        var defaults = new FractalSource(store);
        return defaults with
        {
            UserFactor = line.GetValue(options.UserFactor) ?? defaults.UserFactor,
            ItemFactor = line.GetValue(options.ItemFactor) ?? defaults.ItemFactor,
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

    private static InvalidInputException NoSource(string source)
    {
        if (Directory.Exists(source)) return new InvalidInputException($"'{source}' is a folder; name files in it, or a data set with --source {source}");
        if (source.AsSpan().ContainsAny('*', '?')) return new InvalidInputException($"no file matches '{source}'; * and ? stand for letters of a file's name");
        if (Path.HasExtension(source) || source.Contains(Path.DirectorySeparatorChar)) return new InvalidInputException($"'{source}' does not exist; give the path of a ratings file");
        return new InvalidInputException(
            $"'{source}' is neither a data set ({KnownDatasets.Overview}, sasrec, synthetic, fractal) nor a file; name one of these or the path of a ratings file");
    }

    private static InvalidInputException NeedsPath(string name, string example) =>
        new($"{name} needs the place of its files; add --source PATH, such as --source {example}");
}
