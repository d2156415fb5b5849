using System.CommandLine;
using Sequor.Preparation;

namespace Sequor.Cli;

/// <summary>The options of <c>prepare</c> that choose rows; they apply to every source that has rows.</summary>
internal sealed class FilterOptions
{
    private const string KeepAll = "keep-all";
    private const string Last = "last";

    private readonly Option<int?> minimumCount = CommonOptions.Number<int>(
        "--min-count", "Rows that a user and an item must have, counted once, as the reference does; 5 for Amazon's sets, else none.", 0);

    private readonly Option<int?> kCore = CommonOptions.Number<int>("--k-core", "Rows that every user and item has in the end: counted again and again until all have them.", 1);

    private readonly Option<float?> minimumRating = new("--min-rating") { Description = "Smallest rating that counts as an event.", HelpName = "R" };

    private readonly Option<string?> from = new("--from") { Description = "First moment: seconds since 1970 or a date such as 2001-01-31, in UTC.", HelpName = "TIME" };

    private readonly Option<string?> until = new("--until") { Description = "Moment from which on events are left out.", HelpName = "TIME" };

    private readonly Option<string?> duplicates = new("--duplicates")
    {
        Description = $"What becomes of several events of a user with one item: {KeepAll}, or only the {Last}. {KeepAll} when absent.",
        HelpName = $"{KeepAll}|{Last}",
    };

    private readonly Option<int?> maximumUsers = CommonOptions.Number<int>("--max-users", "A sample of so many users, the same ones every time.", 1);

    private readonly Option<bool> skipBadRows = new("--skip-bad-rows") { Description = "Leave out rows that break a rule and count them; otherwise the first one stops." };

    private readonly Option<TimeUnit?> timeUnit = new("--time-unit")
    {
        Description = "How times are written: s, ms, us, ns or iso; found out from the first rows when absent.",
        HelpName = "UNIT",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            TimeUnit? unit = text switch
            {
                "s" => TimeUnit.Seconds,
                "ms" => TimeUnit.Milliseconds,
                "us" => TimeUnit.Microseconds,
                "ns" => TimeUnit.Nanoseconds,
                "iso" => TimeUnit.Iso,
                _ => null,
            };
            if (unit is null) result.AddError($"--time-unit {text} must be s, ms, us, ns or iso");
            return unit;
        },
    };

    private readonly Option<long?> memory = Sizes.Option(
        "--memory", "Memory to prepare with, such as 2GB; what does not fit goes to disk beside the output. Ids are kept in memory beside it, about 40 bytes each.", "256MB");

    public FilterOptions() => duplicates.AcceptOnlyFromAmong(KeepAll, Last);

    public Option[] All => [minimumCount, kCore, minimumRating, from, until, duplicates, maximumUsers, skipBadRows, timeUnit, memory];

    /// <summary>Those that look at a row alone, which rows that come later can be chosen by too.</summary>
    public Option[] OfRows => [minimumRating, from, until, skipBadRows, timeUnit, memory];

    /// <summary>The request with what the line says about rows.</summary>
    public PreparationRequest Apply(ParseResult line, PreparationRequest request) => request with
    {
        Filter = new InteractionFilter
        {
            MinimumCount = line.GetValue(minimumCount),
            KCore = line.GetValue(kCore) ?? 0,
            MinimumRating = line.GetValue(minimumRating),
            From = line.GetValue(from) is { } first ? Moment.Parse(first, "--from") : null,
            Until = line.GetValue(until) is { } end ? Moment.Parse(end, "--until") : null,
            Duplicates = line.GetValue(duplicates) == Last ? DuplicatePolicy.Last : DuplicatePolicy.KeepAll,
            MaximumUsers = line.GetValue(maximumUsers),
        },
        TimeUnit = line.GetValue(timeUnit),
        SkipBadRows = line.GetValue(skipBadRows),
        MemoryLimitBytes = line.GetValue(memory),
    };
}
